"""The Log Analytics query API: `api.loganalytics.io` and `api.loganalytics.azure.com`, with token audiences and
errors of their own. Who asks sees the rows of resources that its roles let it read."""
