"""Whole files, folders and databases: read ahead, answered on every core, written whole or not at all."""
