"""Which requests Claude refuses, in its own words.

`finding.find_refusal` is the whole of what others use. A request meets three things, in this order: its headers;
the schema, which is data generated from the official SDK (`schema/`, read by `shape` and `schema_file`); and the
rules that no schema can say (`rules` lists them in their order, each subject has a file). What is known of betas and
of the features of a hosting is data here too. Nothing here answers, stores, or knows of deployments.
"""
