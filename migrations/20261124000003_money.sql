-- The books. Every account, transaction and posting belongs to one tenant; rows are inserted and never changed.

-- Totals per account, folded once per shipped batch. `customer` is the tenant's credit (a liability: credits − debits);
-- its row is the tenant's balance row, which every posting locks first.
create table accounts (
    tenant_id uuid not null references tenants,
    kind text not null check (kind in ('customer', 'promo', 'earnings', 'cash', 'fx', 'tax', 'overage', 'variance', 'receivable', 'breakage')),
    currency text not null,
    debits numeric not null default 0 check (debits >= 0 and scale(debits) <= 12),
    credits numeric not null default 0 check (credits >= 0 and scale(credits) <= 12),
    primary key (tenant_id, kind, currency)
);

-- One month of one tenant. Postings hold the row FOR SHARE, the close takes it FOR UPDATE.
create table periods (
    tenant_id uuid not null references tenants,
    period date not null check (extract(day from period) = 1),
    closed_at timestamptz,
    primary key (tenant_id, period)
);

-- The same totals per billed period: what an invoice is checked against.
create table account_periods (
    tenant_id uuid not null,
    kind text not null,
    currency text not null,
    period date not null,
    debits numeric not null default 0 check (debits >= 0 and scale(debits) <= 12),
    credits numeric not null default 0 check (credits >= 0 and scale(credits) <= 12),
    primary key (tenant_id, kind, currency, period),
    foreign key (tenant_id, kind, currency) references accounts,
    foreign key (tenant_id, period) references periods
);

create table transactions (
    tenant_id uuid not null references tenants,
    transaction_id uuid not null,
    type text not null check (type in ('sign_up_credit', 'usage_charge', 'top_up', 'manual_credit', 'manual_debit', 'credit_expiry', 'correction')),
    -- Why, in words a finance person can read.
    reason text not null,
    -- What it is about: a request, a batch of requests, an order.
    reference text not null,
    idempotency_key text not null,
    -- When it took effect; created_at is when we learnt of it.
    booked_at timestamptz not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, transaction_id),
    constraint transactions_idempotency_key unique (tenant_id, idempotency_key)
);

-- One row, two sides: it balances by its shape.
create table postings (
    tenant_id uuid not null,
    transaction_id uuid not null,
    position smallint not null,
    period date not null,
    debit text not null,
    credit text not null check (credit <> debit),
    currency text not null,
    amount numeric not null check (amount > 0 and scale(amount) <= 12),
    primary key (tenant_id, transaction_id, position),
    foreign key (tenant_id, transaction_id) references transactions,
    foreign key (tenant_id, debit, currency) references accounts (tenant_id, kind, currency),
    foreign key (tenant_id, credit, currency) references accounts (tenant_id, kind, currency),
    foreign key (tenant_id, period) references periods
);

-- Credit taken away, on its way: counted as a hold by every load until the posting removes the row.
create table pending_debits (
    tenant_id uuid not null references tenants,
    debit_id uuid not null,
    amount numeric not null check (amount > 0 and scale(amount) <= 12),
    currency text not null,
    -- The request whose record takes this path (a fenced journal, an estimate after a crash); null for other debits.
    request_id uuid,
    created_at timestamptz not null default now(),
    primary key (tenant_id, debit_id)
);
create unique index pending_debits_request_id on pending_debits (tenant_id, request_id) where request_id is not null;

create table invoices (
    tenant_id uuid not null references tenants,
    invoice_id uuid not null,
    -- Without gaps in the tenant's own series.
    number bigint not null,
    kind text not null check (kind in ('invoice', 'credit_note')),
    status text not null check (status in ('issued', 'paid', 'void', 'uncollectible')),
    period date not null,
    currency text not null,
    subtotal numeric not null,
    tax numeric not null,
    total numeric not null,
    -- The document as issued: later changes of prices, plans or names do not touch it.
    document jsonb not null,
    issued_at timestamptz not null default now(),
    primary key (tenant_id, invoice_id),
    constraint invoices_number_key unique (tenant_id, kind, number)
);

create table invoice_lines (
    tenant_id uuid not null,
    invoice_id uuid not null,
    position integer not null,
    kind text not null,
    model text,
    token_class text,
    quantity numeric not null,
    unit_price numeric,
    -- The exact sum of charges, and what the document shows after rounding.
    exact numeric not null check (scale(exact) <= 12),
    amount numeric not null,
    late boolean not null,
    primary key (tenant_id, invoice_id, position),
    foreign key (tenant_id, invoice_id) references invoices
);
