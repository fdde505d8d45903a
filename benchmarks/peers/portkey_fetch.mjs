// Portkey 1.15.2 adds headers to what fetch() gave, which Node 20 refuses for a response from the network.
const fetched = globalThis.fetch;
globalThis.fetch = async (...asked) => {
  const reply = await fetched(...asked);
  return new Response(reply.body, reply);
};
