// Long work beside the page (in a Web Worker), so that the page goes on answering meanwhile.

/** The text of functions, and of constants by name, that need nothing but each other. */
export function sourceOf(constants, ...functions) {
  const named = Object.entries(constants).map(
    ([name, value]) => `const ${name} = ${JSON.stringify(value)};`,
  );
  return [...named, ...functions.map(String)].join("\n");
}

/**
 * `work` is one of the functions in `source`. Returns ask(given, done), which calls it with the list
 * `given` and then done(result). While it works, of all that is asked for only the last waits. Where
 * no worker can be started, the work is done here, as soon as the page has nothing else to do.
 */
export function beside(work, source) {
  let worker = null;
  let now = null; // what is worked on: {given, done}
  let next = null; // what waits
  let timer = 0;
  const start = () => {
    [now, next] = [next, null];
    if (!now) return;
    if (worker) return worker.postMessage(now.given);
    timer = setTimeout(() => finish(work(...now.given)));
  };
  const finish = (result) => {
    const { done } = now;
    now = null;
    if (!next) done(result);
    start();
  };
  try {
    const text = `${source}\nonmessage = ({ data }) => postMessage(${work.name}(...data));`;
    const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    worker = new Worker(address);
    worker.onmessage = ({ data }) => finish(data);
    worker.onerror = (event) => {
      console.warn(`Works in the page instead: ${event.message}`);
      worker = null;
      next ??= now;
      start();
    };
  } catch {
    worker = null; // not everybody who shows a notebook lets it start one
  }
  return (given, done) => {
    next = { given, done };
    if (!now) start();
    else if (!worker) {
      clearTimeout(timer);
      start();
    }
  };
}
