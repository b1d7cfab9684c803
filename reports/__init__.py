"""What is told: results.json, and every report that is made from it."""
