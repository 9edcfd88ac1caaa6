"""MLServer: settings in two JSON files, the V2 inference protocol."""
