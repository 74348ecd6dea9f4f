-- One row per request that an upstream served (or may have): the fact that every charge can be recomputed from.
create table usage (
    tenant_id uuid not null,
    -- From the request id (a UUIDv7), so the primary key is unique per request without a global index.
    started_at timestamptz not null,
    request_id uuid not null,
    kind text not null check (kind in ('request', 'market_minute', 'shadow')),
    -- Whose journal it came from, and where in it.
    node text not null,
    epoch bigint not null,
    lsn bigint not null,
    api_key_id uuid not null,
    -- The member who made the key.
    user_id uuid not null,
    environment text not null check (environment in ('live', 'test')),
    endpoint text not null,
    -- What was asked for, what answered, and under which name the provider knows it.
    requested_model text not null,
    model text not null,
    provider text not null,
    upstream_model text not null,
    -- Disjoint classes: input excludes cached, output excludes reasoning.
    input_tokens bigint not null check (input_tokens >= 0),
    cached_input_tokens bigint not null check (cached_input_tokens >= 0),
    cache_write_tokens bigint not null check (cache_write_tokens >= 0),
    cache_write_1h_tokens bigint not null check (cache_write_1h_tokens >= 0),
    output_tokens bigint not null check (output_tokens >= 0),
    reasoning_tokens bigint not null check (reasoning_tokens >= 0),
    price_id uuid not null references prices,
    fx_quote_id uuid not null references fx_quotes,
    currency text not null,
    -- cost_usd: Σ tokens × price. exact: the same × rate, rounded once. charge: what the tenant pays. overage: what the operator bears.
    cost_usd numeric not null check (scale(cost_usd) <= 12),
    charge numeric not null check (charge >= 0 and scale(charge) <= 12),
    overage numeric not null check (overage >= 0 and scale(overage) <= 12),
    hold numeric not null check (scale(hold) <= 12),
    -- Who counted the tokens, and how the request ended.
    source text not null check (source in ('provider', 'estimated')),
    reason text not null,
    status smallint not null,
    streaming boolean not null,
    attempts smallint not null,
    latency_ms integer not null,
    first_byte_ms integer,
    metadata jsonb,
    -- The period that bills it: that of started_at, or the next open one (then late).
    billed_period date not null,
    late boolean not null,
    -- The ledger transaction that carries its charge; null when nothing was charged.
    transaction_id uuid,
    shipped_at timestamptz not null default now(),
    primary key (tenant_id, started_at, request_id, kind)
) partition by range (started_at);

-- Invoice drafts and summaries.
create index usage_billed_period on usage (tenant_id, billed_period, model);

create table usage_default partition of usage default;
do $$
declare
    month date := '2026-11-01';
begin
    for i in 0..35 loop
        execute format('create table %I partition of usage for values from (%L) to (%L)',
            'usage_' || to_char(month, 'YYYY_MM'), month::timestamp at time zone 'UTC', (month + interval '1 month')::timestamp at time zone 'UTC');
        month := month + interval '1 month';
    end loop;
end
$$;

-- A record that Postgres refuses: kept whole, alarmed, and its node is not drained until somebody has decided.
create table usage_rejected (
    tenant_id uuid not null,
    node text not null,
    epoch bigint not null,
    lsn bigint not null,
    request_id uuid not null,
    record jsonb not null,
    error text not null,
    rejected_at timestamptz not null default now(),
    primary key (tenant_id, node, epoch, lsn)
);
