"""Text → vectors, on this machine: no service, no download, nothing loaded before the first text."""

from memory_agents.memory.embedding.embedder import EMBEDDING, Embedder, open_embedder

__all__ = ["EMBEDDING", "Embedder", "open_embedder"]
