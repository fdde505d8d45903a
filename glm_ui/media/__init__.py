"""Makes files ready for a model: what they are, what will be sent, and the parts that are sent.

One noun a file: `kinds` tells what a file is, `images`, `documents`, `video` and `audio` turn it into what
providers take, `worker` runs that apart with limits, `fetched` fetches, `prepare_file` decides for one file and `plan`
for all. This file stays empty of imports, so that the worker process starts fast. Nothing in this room knows a
wire format, a key or Gradio.
"""
