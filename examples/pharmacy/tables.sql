-- The pharmacies' tables: one for each kind of document, keyed by the shop and the shop's own id.
-- `revision` counts how many times a document was handed in; that lets the demonstration tell one from the next.
-- Run by `python -m examples.pharmacy tables`, and by `python -m sandbox up --init examples/pharmacy/tables.sql`.
-- What is there already is left as it is.

IF OBJECT_ID('dbo.SalesInvoices') IS NULL
    CREATE TABLE dbo.SalesInvoices (
        shop_pharmacy_code nvarchar(40) NOT NULL,
        local_invoice_id nvarchar(40) NOT NULL,
        status nvarchar(20) NOT NULL CONSTRAINT DF_SalesInvoices_status DEFAULT 'DRAFT',
        revision int NOT NULL CONSTRAINT DF_SalesInvoices_revision DEFAULT 1,
        note nvarchar(200) NULL,
        customer_name nvarchar(100) NULL,
        total_amount decimal(12, 2) NULL,
        CONSTRAINT PK_SalesInvoices PRIMARY KEY (shop_pharmacy_code, local_invoice_id)
    )
GO

IF OBJECT_ID('dbo.ImportReceipts') IS NULL
    CREATE TABLE dbo.ImportReceipts (
        shop_pharmacy_code nvarchar(40) NOT NULL,
        local_import_id nvarchar(40) NOT NULL,
        status nvarchar(20) NOT NULL CONSTRAINT DF_ImportReceipts_status DEFAULT 'DRAFT',
        revision int NOT NULL CONSTRAINT DF_ImportReceipts_revision DEFAULT 1,
        note nvarchar(200) NULL,
        supplier_name nvarchar(100) NULL,
        item_count int NULL,
        CONSTRAINT PK_ImportReceipts PRIMARY KEY (shop_pharmacy_code, local_import_id)
    )
GO

IF OBJECT_ID('dbo.Cancellations') IS NULL
    CREATE TABLE dbo.Cancellations (
        shop_pharmacy_code nvarchar(40) NOT NULL,
        local_cancellation_id nvarchar(40) NOT NULL,
        status nvarchar(20) NOT NULL CONSTRAINT DF_Cancellations_status DEFAULT 'DRAFT',
        revision int NOT NULL CONSTRAINT DF_Cancellations_revision DEFAULT 1,
        note nvarchar(200) NULL,
        cancelled_document_id nvarchar(40) NULL,
        reason nvarchar(100) NULL,
        CONSTRAINT PK_Cancellations PRIMARY KEY (shop_pharmacy_code, local_cancellation_id)
    )
GO
