"""The parts of the contract suite, one file each."""
