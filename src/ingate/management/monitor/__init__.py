"""Azure Monitor's resource types: workspaces, diagnostic settings, metrics. What they show comes through ports of the
domain; nothing here knows how logs and metrics are kept."""
