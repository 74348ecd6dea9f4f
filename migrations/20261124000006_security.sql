-- Row-level security, grants, and the second line that refuses changes to history. See README.md for the lists.

-- Ledger and usage rows are history: nobody's role may change them, and if one could, this refuses.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% rows are never changed: book a correction instead', tg_table_name;
end
$$;
create trigger transactions_immutable before update or delete or truncate on transactions for each statement execute function refuse_change();
create trigger postings_immutable before update or delete or truncate on postings for each statement execute function refuse_change();
create trigger usage_immutable before update or delete or truncate on usage for each statement execute function refuse_change();

-- Every tenant table, with every partition: only the tenant named by the transaction is there. After a `set local` the
-- setting reads '' on a pooled connection, hence nullif.
do $$
declare
    name text;
begin
    for name in
        select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relkind in ('r', 'p')
          and (c.relname = any (array['tenants', 'members', 'api_keys', 'accounts', 'periods', 'account_periods', 'transactions', 'postings',
                                      'pending_debits', 'invoices', 'invoice_lines', 'usage', 'usage_rejected', 'node_spend'])
               or c.relname like 'usage\_%')
    loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy tenant on %I to turnpike_app using (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid) with check (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)', name);
        execute format('create policy job on %I to turnpike_job using (true) with check (true)', name);
    end loop;
end
$$;
-- A person may see which organisations they belong to before one is chosen.
create policy own on members for select to turnpike_app using (user_id = nullif(current_setting('app.user', true), '')::uuid);

-- The application, inside one tenant.
grant select, insert, update on tenants to turnpike_app;
grant select, insert, update, delete on members to turnpike_app;
grant select, insert, update on api_keys to turnpike_app;
grant select, insert, update on accounts, account_periods to turnpike_app;
grant select, insert on periods, transactions, postings to turnpike_app;
grant select, insert on pending_debits to turnpike_app;
grant select on invoices, invoice_lines, usage, node_spend to turnpike_app;
-- FOR SHARE on a period row asks for the right to update it.
grant update (period) on periods to turnpike_app;

-- The application, on global tables.
grant select on plans, catalog_versions, prices, fx_quotes to turnpike_app;
grant select, insert, update on users, sessions to turnpike_app;
grant select, insert on directory, sign_up_grants to turnpike_app;
grant insert on revisions to turnpike_app;

-- The jobs, across tenants.
grant select, update on tenants to turnpike_job;
grant select on members, users, plans to turnpike_job;
grant select, update on api_keys to turnpike_job;
grant select, insert, update on accounts, account_periods, periods, node_spend to turnpike_job;
grant select, insert on transactions, postings, usage, usage_rejected to turnpike_job;
grant select, insert, delete on pending_debits to turnpike_job;
grant select, insert on invoices, invoice_lines to turnpike_job;
grant select, insert on catalog_versions, prices, fx_quotes to turnpike_job;
grant select, insert, update on nodes, leases to turnpike_job;
grant select, insert, delete on revisions to turnpike_job;
grant delete on leases to turnpike_job;
