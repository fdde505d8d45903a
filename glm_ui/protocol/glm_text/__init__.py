"""GLM's inline markup in answer text, cut anywhere: think tags, reasoning details, box markers, tool calls.

Text in, events out. No wire format and no provider enters here, and nothing that depends on where the text
was cut.

    <think>..</think>, <thinking>..</thinking>     thinking
    <details type="reasoning" ..>..</details>      thinking; its summary and the "> " of each line are dropped
    <|begin_of_box|>..<|end_of_box|>               markers dropped, content kept
    <tool_call>..</tool_call>                      one tool call, in GLM's own form or as JSON

What is markup and what is text, for a person may ask about these very tags:
- Inside code (a fence, or backticks on one line) everything is text, but for the end of a box that began
  outside.
- An opening tag of thinking is one only where a line starts; in a sentence it is text, and so is its partner.
- A closing tag without an opening one, before any thinking was seen, makes all answer text so far thinking
  (`ThinkingDelta.takes_answer`): the prompt template of GLM-4.7 and later opens the thinking itself. After
  thinking was seen, it is dropped.
- Thinking that is never closed lasts to the end.
- `<tool_call>` is one only as long as what follows can be a call.
- An answer that goes on with an unfinished one begins in the code where that one ended. Where it was asked for in
  words it is a message of its own, which may think before its first word.
Only text that may still become a tag is held back, and each piece costs time in its own length alone.
"""

from glm_ui.protocol.glm_text.markup import GlmText, TextEvent

__all__ = ["GlmText", "TextEvent"]
