#!/bin/sh
# Runs once, when the volume of Postgres is new: the roles, their passwords, and a database that the owner owns.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" -f /turnpike/roles.sql
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" -v password="$TURNPIKE_DATABASE_PASSWORD" <<'SQL'
alter role turnpike_owner password :'password';
alter role turnpike_app password :'password';
alter role turnpike_job password :'password';
create database turnpike owner turnpike_owner;
SQL
