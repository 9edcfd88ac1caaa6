"""Functions of numbers as operations of a graph, to the last bit where that decides."""
