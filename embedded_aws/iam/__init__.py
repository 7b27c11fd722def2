"""The embedded AWS checks what roles do against their policies, as AWS does.

A request reaches the server, `api_requests` says what it asks, `permissions` which permissions
AWS asks for that, `role_sessions` which role asks, `policies` which policies apply,
`policy_evaluation` decides, `denials` answers. `enforcement` joins them.
"""
