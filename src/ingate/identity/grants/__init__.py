"""One file for each OAuth grant: what it takes to be given a token that way. The steps that all of them share (the
tenant, the client and its proof, the signature, the audit trail) are the token endpoint's, and cannot be forgotten
here.
"""
