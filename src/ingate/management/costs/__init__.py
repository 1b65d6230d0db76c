"""Cost Management and Consumption in Resource Manager's shape, over the costs that were recorded: queries, forecasts,
usage details, budgets, price agreements and the FOCUS export. What is decided about them is in `domain`; nothing here
reads a journal or knows a database."""
