"""Exchange with other tools: NIR graphs in and out, Lava-DL networks in."""
