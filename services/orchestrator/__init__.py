"""The decision: joins contents and verdicts, applies the policy, exactly one answer per request."""
