-- One bank: a thousand accounts, and the transfers that it took part in.
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  balance INTEGER NOT NULL CHECK (balance >= 0)
) STRICT;

CREATE TABLE transfers (
  id INTEGER PRIMARY KEY,  -- given by the client, the same in both banks
  amount INTEGER NOT NULL  -- negative in the bank that paid
) STRICT;

WITH RECURSIVE numbers (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM numbers WHERE id < 1000)
INSERT INTO accounts (id, balance) SELECT id, 1000 FROM numbers;
