-- The gateways' journals and what is known of them. Local tables, but for node_spend, which is the tenant's.

-- A node is a journal directory.
create table nodes (
    node text primary key,
    -- Raised at every opening of the directory.
    epoch bigint not null,
    status text not null default 'active' check (status in ('active', 'retired')),
    -- Everything up to here is in Postgres. Moved after the fact, by itself: shipping again from an older one changes nothing.
    shipped_epoch bigint not null default 0,
    shipped_lsn bigint not null default 0,
    -- Start of the oldest unshipped intent, or the last look if there is none; monotone.
    settled_through timestamptz not null default '-infinity',
    opened_at timestamptz not null default now(),
    seen_at timestamptz not null default now()
);

-- The part of a tenant's posted spend that came from one node's journal: posted balance + Σ node_spend never changes by shipping.
create table node_spend (
    tenant_id uuid not null references tenants,
    node text not null references nodes,
    -- 'balance', later one per budget; period is 'all' for the balance.
    counter text not null,
    period text not null,
    amount numeric not null default 0 check (amount >= 0 and scale(amount) <= 12),
    -- Everything of this tenant up to here is in `amount`.
    epoch bigint not null default 0,
    lsn bigint not null default 0,
    -- Fenced: this node's later records take the debit path.
    gone_at timestamptz,
    primary key (tenant_id, node, counter, period)
);

-- Every change of a fact that Redis or a cache repeats. Read by transaction id below the snapshot's xmin, so that a late commit is not missed.
create table revisions (
    revision_id uuid primary key default gen_random_uuid(),
    -- null: the catalogue.
    tenant_id uuid,
    version bigint not null,
    xid xid8 not null default pg_current_xact_id(),
    -- The pending debit that this change finished, if it was one: its hold in Redis goes with it.
    debit_id uuid,
    created_at timestamptz not null default now()
);
create index revisions_xid on revisions (xid);

-- Singletons among jobs: whoever holds the row until expires_at works; fence rises with every change of hands.
create table leases (
    name text primary key,
    holder text not null,
    fence bigint not null,
    expires_at timestamptz not null
);
