"""Text -> tree: tokens with positions, and a parser with bounds on length and depth. Knows no table, type or
function."""
