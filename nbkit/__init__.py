"""Streamed LLM replies in a notebook cell, with their images arriving in place."""
