"""The daily work with rewards: pools of codes, what was handed out and cost, and how members see one."""
