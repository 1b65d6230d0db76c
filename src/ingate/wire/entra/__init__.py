"""Microsoft Entra ID's formats: token claims, OAuth errors, discovery documents, JSON web keys. Bytes to values and
back; nothing here decides whom to believe."""
