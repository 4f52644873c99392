-- Room to sort and group many orders of a large shop in memory, for the rest of the transaction.
SELECT set_config('work_mem', '96MB', true)
