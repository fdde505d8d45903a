// In the sandboxed frame: Mermaid, which makes SVG of the text of a diagram. What it makes is shown as an image, which runs nothing.

/**
 * @param {{library: string}} handed Mermaid's script
 * @param {MessagePort} port
 */
export async function start({ library }, port) {
  for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection"]) Reflect.deleteProperty(window, name);
  await new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = URL.createObjectURL(new Blob([library], { type: "text/javascript" }));
    Object.assign(script, { onload: done, onerror: fail });
    document.head.append(script);
  });
  const { mermaid } = /** @type {any} */ (window);
  let count = 0;
  port.onmessage = async ({ data: { id, text, theme } }) => {
    try {
      mermaid.initialize({
        startOnLoad: false,
        securityLevel: "strict",
        theme: "base",
        themeVariables: theme,
        htmlLabels: false,
        flowchart: { htmlLabels: false, useMaxWidth: false },
        fontFamily: theme.fontFamily,
        suppressErrorRendering: true,
      });
      const { svg } = await mermaid.render(`diagram-${++count}`, text);
      port.postMessage({ id, svg });
    } catch (reason) {
      port.postMessage({ id, why: String(reason instanceof Error ? reason.message : reason) });
    }
  };
  port.postMessage({ ready: true });
}
