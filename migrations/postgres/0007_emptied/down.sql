DROP INDEX balances_emptied;
