-- The three roles, once per cluster, as a superuser (roles are cluster-wide, databases are cloned). Safe to run again.
-- No passwords are set here: a private cluster trusts its loopback, an operator adds `password` or certificates.
do $$
begin
  -- Owns every object: migrations and partitions. Row-level security is FORCEd, so even the owner sees no tenant by accident.
  if not exists (select from pg_roles where rolname = 'turnpike_owner') then
    create role turnpike_owner login nosuperuser nobypassrls;
  end if;
  -- Serves one tenant at a time, inside Store::tenant_tx.
  if not exists (select from pg_roles where rolname = 'turnpike_app') then
    create role turnpike_app login nosuperuser nobypassrls;
  end if;
  -- Works across tenants: shipping, loads, fences, closing. Only store/src/system/ connects as this role.
  if not exists (select from pg_roles where rolname = 'turnpike_job') then
    create role turnpike_job login nosuperuser nobypassrls;
  end if;
end
$$;
