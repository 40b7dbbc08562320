"""The past of a repository: derived from GitHub's API, kept in files that can be thrown away."""
