"""A target that keeps every promise of the contract, with a switch that breaks one."""
