"""One SQL for two databases: a SQLite file on one machine, PostgreSQL for several replicas."""
