"""A GLM small enough to be made on the spot: `python tiny_glm.py FOLDER` writes it for both servers.

The architecture is GLM-4.5's (`glm4_moe`) at one ten-thousandth of its size, overfitted to a few conversations so
that it thinks, answers, remembers a turn, calls a tool and never ends, when asked to. `FOLDER/hf` is for
`transformers serve`, `FOLDER/tiny-glm.gguf` for llama.cpp. Needs torch, transformers and gguf; nothing of the app's.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import gguf
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import Glm4MoeConfig, Glm4MoeForCausalLM, PreTrainedTokenizerFast

SPECIAL = [
    "<|endoftext|>",
    "[gMASK]",
    "<sop>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|observation|>",
]
TAGS = [
    "<think>",
    "</think>",
    "/nothink",
    "<tool_call>",
    "</tool_call>",
    "<arg_key>",
    "</arg_key>",
    "<arg_value>",
    "</arg_value>",
]
"""Whole tokens that are text all the same: GLM's tokenizer has them so, and a server shows them."""

TEMPLATE = """\
[gMASK]<sop>
{%- if tools %}<|system|>
{% for tool in tools %}{{ tool | tojson }}
{% endfor %}<tool_call>name
<arg_key>key</arg_key>
<arg_value>value</arg_value>
</tool_call>{% endif %}
{%- macro text(content) -%}
{%- if content is string %}{{ content }}{% elif content %}
{%- for part in content %}{{ part.text }}{% endfor %}{% endif %}
{%- endmacro -%}
{%- set ns = namespace(last=-1) %}
{%- for message in messages %}{% if message.role == 'user' %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}
{%- for message in messages %}
{%- if message.role == 'system' %}<|system|>
{{ text(message.content) }}
{%- elif message.role == 'user' %}<|user|>
{{ text(message.content) }}
{%- if enable_thinking is defined and not enable_thinking %}/nothink{% endif %}
{%- elif message.role == 'assistant' %}<|assistant|>
{%- set said = text(message.content) %}
{%- set thought = message.reasoning_content or '' %}
{%- if '</think>' in said %}
{%- set thought = said.split('</think>')[0].split('<think>')[-1] %}
{%- set said = said.split('</think>')[-1] %}
{%- endif %}
<think>{% if loop.index0 > ns.last %}{{ thought.strip() }}{% endif %}</think>
{{ said.strip() }}
{%- for call in message.tool_calls or [] %}
<tool_call>{{ call.function.name }}
{% for key, value in call.function.arguments.items() %}<arg_key>{{ key }}</arg_key>
<arg_value>{{ value }}</arg_value>
{% endfor %}</tool_call>{% endfor %}
{%- elif message.role == 'tool' %}<|observation|>
<tool_response>{{ text(message.content) }}</tool_response>
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}<|assistant|>
{%- if enable_thinking is defined and not enable_thinking %}
<think></think>
{%- endif %}{% endif %}"""
"""As GLM-4.5 is spoken to: the same marks in the same places, in our own words."""

Turn = tuple[str, str, str]
"""(question, thinking, answer)."""

CONVERSATIONS: list[list[Turn]] = [
    [
        (
            "What is 7 times 6?",
            "Seven sixes. Six and six is twelve, and so on to forty-two.",
            "It is **42**.",
        ),
        ("And half of it?", "Half of forty-two is twenty-one.", "Half of it is **21**."),
    ],
    [("And half of it?", "Half of what? Nothing was said.", "Half of what? Please tell me more.")],
    [
        (
            "Show me code.",
            "A short function in Python, then a table and a formula.",
            'Here it is:\n\n```python\ndef double(x):\n    return "<b>" * 2 + x\n```\n\n'
            "| a | b |\n|---|---|\n| 1 | 2 |\n\nAnd $$a^2 + b^2 = c^2$$ so.",
        )
    ],
    [("你好，你是谁？", "用户问我是谁。我应该简短地回答 🙂。", "我是一个很小的 GLM 模型 👋🏽，会说中文。")],
    [
        (
            "What is the weather in Paris?",
            "I should ask the tool.",
            "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n</tool_call>",
        )
    ],
    [("Give me JSON.", "An object with one field.", '{"city": "Paris", "sunny": true}')],
    [("Hello", "They greet me.", "Hello! How can I help you today?")],
]
ENDLESS: Turn = (
    "Count without end.",
    "I count and do not stop.",
    "one two three four five six seven eight nine ten ",
)
"""Its answer goes round and round, and no end is ever learnt."""

END = "<|user|>"
NOTHING = "<|endoftext|>"
TRAINED = 768
"""Tokens of the longest sample."""


def tokenizer() -> PreTrainedTokenizerFast:
    bpe = Tokenizer(models.BPE(ignore_merges=True))
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    texts = [text for turns in [*CONVERSATIONS, [ENDLESS]] for turn in turns for text in turn]
    # No merges across CJK or emoji worth speaking of: characters come in pieces of bytes, as they do in earnest.
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        min_frequency=2,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token=NOTHING, eos_token=END, clean_up_tokenization_spaces=False
    )
    fast.add_special_tokens({"additional_special_tokens": SPECIAL})
    fast.add_tokens(TAGS)
    fast.chat_template = TEMPLATE
    return fast


def samples(fast: PreTrainedTokenizerFast) -> list[tuple[list[int], int]]:
    """Every turn with thinking and without, and the endless one as long as a sample may be: the tokens, and how many
    of them are the prompt. That is not learnt: earlier turns stand in it with their thinking taken out."""
    texts: list[tuple[str, str]] = []
    for turns in CONVERSATIONS:
        for thinks in (True, False):
            messages: list[dict[str, str]] = []
            for question, thinking, answer in turns:
                messages.append({"role": "user", "content": question})
                asked = fast.apply_chat_template(
                    messages, tokenize=False, add_generation_prompt=True, enable_thinking=thinks
                )
                begun = f"\n<think>{thinking}</think>\n" if thinks else "\n"
                texts.append((asked, begun + answer + END))
                messages.append({"role": "assistant", "content": answer})
    for thinks in (True, False):
        asked = fast.apply_chat_template(
            [{"role": "user", "content": ENDLESS[0]}],
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=thinks,
        )
        texts.append((asked, (f"\n<think>{ENDLESS[1]}</think>\n" if thinks else "\n") + ENDLESS[2] * 60))

    def ids(text: str) -> list[int]:
        return list(fast(text, add_special_tokens=False)["input_ids"])

    return [(ids(asked + said)[:TRAINED], len(ids(asked))) for asked, said in texts]


def train(fast: PreTrainedTokenizerFast, steps: int) -> Glm4MoeForCausalLM:
    torch.manual_seed(4)
    torch.set_num_threads(2)
    config = Glm4MoeConfig(
        vocab_size=len(fast),
        hidden_size=128,
        intermediate_size=256,
        moe_intermediate_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        n_routed_experts=4,
        num_experts_per_tok=2,
        n_shared_experts=1,
        first_k_dense_replace=1,
        max_position_embeddings=65536,
        use_qk_norm=True,
        attention_bias=True,
        num_mtp_layers=0,
        eos_token_id=[fast.convert_tokens_to_ids(t) for t in ("<|endoftext|>", END, "<|observation|>")],
        pad_token_id=fast.pad_token_id,
        rope_parameters={"rope_type": "default", "rope_theta": 1_000_000.0, "partial_rotary_factor": 0.5},
    )
    model = Glm4MoeForCausalLM(config).float()
    learnt = samples(fast)
    ids = [row for row, _ in learnt]
    width = max(map(len, ids))
    inputs = torch.tensor([row + [fast.pad_token_id] * (width - len(row)) for row in ids])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in ids])
    labels = inputs.masked_fill(mask == 0, -100)
    for row, (_, asked) in enumerate(learnt):
        labels[row, :asked] = -100
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    began = time.monotonic()
    # Two at a time, neighbours in length: most of a padded batch would be padding.
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    batches = [order[i : i + 4] for i in range(0, len(order), 4)]
    for step in range(steps):
        rows = batches[step % len(batches)]
        long = max(len(ids[i]) for i in rows)
        loss = model(
            input_ids=inputs[rows, :long], attention_mask=mask[rows, :long], labels=labels[rows, :long]
        ).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 99:
            print(f"step {step + 1}: loss {loss.item():.4f}, {time.monotonic() - began:.0f} s", flush=True)
    return model.eval()


def write_gguf(model: Glm4MoeForCausalLM, fast: PreTrainedTokenizerFast, path: Path) -> None:
    config: Any = model.config
    out = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[gguf.MODEL_ARCH.GLM4_MOE])
    out.add_name("tiny-glm")
    out.add_context_length(config.max_position_embeddings)
    out.add_embedding_length(config.hidden_size)
    out.add_block_count(config.num_hidden_layers)
    out.add_feed_forward_length(config.intermediate_size)
    out.add_head_count(config.num_attention_heads)
    out.add_head_count_kv(config.num_key_value_heads)
    out.add_key_length(config.head_dim)
    out.add_value_length(config.head_dim)
    out.add_rope_dimension_count(config.head_dim // 2)
    out.add_rope_freq_base(1_000_000.0)
    out.add_layer_norm_rms_eps(config.rms_norm_eps)
    out.add_expert_count(config.n_routed_experts)
    out.add_expert_used_count(config.num_experts_per_tok)
    out.add_expert_shared_count(config.n_shared_experts)
    out.add_expert_feed_forward_length(config.moe_intermediate_size)
    out.add_leading_dense_block_count(config.first_k_dense_replace)
    out.add_expert_gating_func(gguf.ExpertGatingFuncType.SIGMOID)
    out.add_expert_weights_scale(config.routed_scaling_factor)
    out.add_expert_weights_norm(config.norm_topk_prob)
    out.add_nextn_predict_layers(0)
    _write_vocabulary(out, fast)
    for name, values in _tensors(model):
        out.add_tensor(name, values.detach().float().contiguous().numpy())
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def _write_vocabulary(out: gguf.GGUFWriter, fast: PreTrainedTokenizerFast) -> None:
    import json

    spelled = json.loads(fast.backend_tokenizer.to_str())["model"]
    tokens = fast.convert_ids_to_tokens(list(range(len(fast))))
    kinds = {
        **dict.fromkeys(SPECIAL, gguf.TokenType.CONTROL),
        **dict.fromkeys(TAGS, gguf.TokenType.USER_DEFINED),
    }
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("gpt-2")
    out.add_token_list(tokens)
    out.add_token_types([kinds.get(token, gguf.TokenType.NORMAL) for token in tokens])
    out.add_token_merges([" ".join(pair) for pair in spelled["merges"]])
    token_id = fast.convert_tokens_to_ids
    out.add_eos_token_id(token_id("<|endoftext|>"))
    out.add_pad_token_id(token_id("<|endoftext|>"))
    out.add_bos_token_id(token_id("[gMASK]"))
    out.add_eot_token_id(token_id(END))
    out.add_eom_token_id(token_id("<|observation|>"))
    out.add_add_bos_token(False)
    out.add_chat_template(TEMPLATE)


def _tensors(model: Glm4MoeForCausalLM) -> list[tuple[str, torch.Tensor]]:
    found = []
    ours = gguf.get_tensor_name_map(gguf.MODEL_ARCH.GLM4_MOE, model.config.num_hidden_layers)
    for name, values in model.state_dict().items():
        if name.endswith("experts.gate_up_proj"):
            gate, up = values.chunk(2, dim=1)
            base = name.removesuffix("gate_up_proj")
            pairs = [(base + "gate_proj.weight", gate), (base + "up_proj.weight", up)]
        elif name.endswith("experts.down_proj"):
            pairs = [(name + ".weight", values)]
        else:
            pairs = [(name.replace("e_score_correction_bias", "e_score_correction.bias"), values)]
        for theirs, part in pairs:
            stem, _, suffix = theirs.rpartition(".")
            mapped = ours.get_name(stem)
            if mapped is None:
                raise SystemExit(f"gguf has no name for {theirs}")
            found.append((f"{mapped}.{suffix}", part))
    return found


def main() -> None:
    folder = Path(sys.argv[1])
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 900
    folder.mkdir(parents=True, exist_ok=True)
    fast = tokenizer()
    model = train(fast, steps)
    model.generation_config.eos_token_id = model.config.eos_token_id
    model.generation_config.do_sample = True  # else it ignores the temperature that is asked for
    model.generation_config.temperature = 0.1
    model.save_pretrained(folder / "hf")
    fast.save_pretrained(folder / "hf")
    write_gguf(model, fast, folder / "tiny-glm.gguf")
    size = sum(p.numel() for p in model.parameters())
    print(f"{folder}: {size:,} parameters, {len(fast)} tokens")


if __name__ == "__main__":
    main()
