// The live list: new decisions come in at the top. Without this script the page is the same, and is reloaded.
"use strict";

(() => {
  const table = document.getElementById("decisions");
  if (!table || !window.EventSource) return;
  const body = table.tBodies[0];
  const line = document.getElementById("line").content.querySelector("tr");
  const status = document.getElementById("live");
  const pause = document.getElementById("pause");
  const MOST = 100;
  let waiting = [];
  let paused = false;
  let came = 0;

  const filled = (row) => {
    const made = line.cloneNode(true);
    const [time, action, request, took, stage, rules, labels, note] = made.cells;
    made.dataset.id = row.id;
    const moment = time.querySelector("time");
    moment.dateTime = moment.title = row.at;
    moment.textContent = row.time;
    const word = action.querySelector("span");
    word.className = "action " + row.action.toLowerCase().replace(/[^a-z]+/g, "-");
    word.textContent = row.action;
    const link = request.querySelector("a");
    link.href = "/console/requests/" + encodeURIComponent(row.id);
    link.querySelector("code").textContent = row.id;
    took.textContent = row.took;
    stage.textContent = row.stage;
    rules.textContent = row.rules;
    labels.textContent = row.labels;
    if (row.note) {
      const strong = document.createElement("strong");
      strong.className = "note";
      strong.textContent = row.note;
      note.append(strong);
    }
    made.classList.add("fresh");
    return made;
  };

  const put = (row) => {
    if (table.dataset.action && table.dataset.action !== row.action) return;
    if (body.querySelector('[data-id="' + CSS.escape(row.id) + '"]')) return;
    body.prepend(filled(row));
    while (body.rows.length > MOST) body.deleteRow(-1);
    document.getElementById("empty").hidden = true;
    came += 1;
  };

  const say = (text) => { if (status.textContent !== text) status.textContent = text; };
  const tell = () => say(paused ? "Paused: " + waiting.length + " waiting" : "Live: " + came + " new since this page was opened");

  const source = new EventSource(table.dataset.events + (table.dataset.newest ? "?since=" + table.dataset.newest : ""));
  source.addEventListener("open", tell);
  source.addEventListener("error", () => {
    say(source.readyState === EventSource.CLOSED ? "Not connected: reload the page" : "Not connected: trying again");
  });
  source.addEventListener("decided", (event) => {
    const row = JSON.parse(event.data);
    if (paused) waiting = [...waiting.slice(1 - MOST), row];
    else put(row);
    tell();
  });

  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Pause";
    if (!paused) {
      waiting.forEach(put);
      waiting = [];
    }
    tell();
  });
})();
