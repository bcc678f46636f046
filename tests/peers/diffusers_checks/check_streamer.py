"""A model that generates in a thread, with transformers' streamer as the source of a session."""

from __future__ import annotations

import threading

import pytest
import torch
from tiny import tokenizer
from transformers import GPT2Config, GPT2LMHeadModel, TextIteratorStreamer

import nbkit


@pytest.mark.parametrize("skip_prompt", [False, True])
async def test_the_text_of_a_streamer_is_what_was_generated(tmp_path, skip_prompt):
    torch.manual_seed(3)
    words = tokenizer(tmp_path)
    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=len(words),
            n_positions=128,
            n_embd=32,
            n_layer=2,
            n_head=2,
            bos_token_id=words.bos_token_id,
            eos_token_id=words.eos_token_id,
        )
    ).eval()
    asked = words("a red fox in the snow", return_tensors="pt", add_special_tokens=False)
    decode = {"skip_special_tokens": True, "clean_up_tokenization_spaces": False}
    streamer = TextIteratorStreamer(words, skip_prompt=skip_prompt, timeout=60, **decode)
    made: list[torch.Tensor] = []

    def generate() -> None:
        made.append(
            model.generate(
                **asked,
                streamer=streamer,
                max_new_tokens=60,
                min_new_tokens=40,
                do_sample=True,
                pad_token_id=words.eos_token_id,
            )
        )

    thread = threading.Thread(target=generate)
    thread.start()
    session = nbkit.illustrate(streamer, images="sketch?duration=0")
    await session
    thread.join(60)

    tokens = made[0][0][asked["input_ids"].shape[1] if skip_prompt else 0 :]
    assert session.status == "completed"
    assert len(session.text) > 40
    assert session.text == words.decode(tokens, **decode)
