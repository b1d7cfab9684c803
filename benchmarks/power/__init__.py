"""What the suite detects and how well it says it: a battery of servers with a known fault each,
conformant ones that use every freedom, and implementations from the field."""
