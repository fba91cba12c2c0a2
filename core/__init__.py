"""Values and small tools that import nothing of ours."""
