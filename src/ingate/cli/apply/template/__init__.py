"""ARM templates and Bicep files: two ways of writing one model of parameters, variables, resources and outputs.

Two parsers, one evaluator. What the subset does not hold is refused by name and place, never passed over.
The functions are Azure Resource Manager's: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions
"""
