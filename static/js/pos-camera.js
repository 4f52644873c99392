/*
 * The camera reads a card: by the browser's own detector where it has one, else by sending a small picture to the
 * server twice a second. Pictures are kept nowhere. Without a camera, or without leave to use it, the button says so.
 */
(() => {
  "use strict";

  const EVERY = 400;
  const WIDTH = 960;
  const QUALITY = 0.7;
  let stream = null;
  let timer = 0;

  const view = () => document.querySelector("[data-camera-view]");

  const stop = () => {
    window.clearTimeout(timer);
    for (const track of stream?.getTracks() || []) track.stop();
    stream = null;
    if (view()) view().hidden = true;
    document.querySelector("[data-camera]")?.setAttribute("aria-pressed", "false");
  };

  const found = (text) => {
    const form = document.querySelector("[data-find]");
    stop();
    form.elements.q.value = text;
    form.requestSubmit();
  };

  const detector = async () => {
    if (!("BarcodeDetector" in window)) return null;
    try {
      const formats = await window.BarcodeDetector.getSupportedFormats();
      return formats.includes("qr_code") ? new window.BarcodeDetector({ formats }) : null;
    } catch {
      return null;
    }
  };

  const picture = (video) => {
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH;
    canvas.height = Math.round((WIDTH * video.videoHeight) / video.videoWidth);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  };

  const ask = async (video) => {
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const headers = { "X-CSRFToken": token, "Content-Type": "image/jpeg" };
    const answer = await fetch(view().dataset.decode, { method: "POST", headers, body: await picture(video), credentials: "same-origin" });
    return answer.status === 200 ? (await answer.json()).text : "";
  };

  const look = async (video, eye) => {
    if (!stream) return;
    let text = "";
    try {
      if (video.videoWidth) text = eye ? (await eye.detect(video))[0]?.rawValue || "" : await ask(video);
    } catch {
      // A picture that could not be looked at: the next one can.
    }
    if (!stream) return;
    if (text) found(text);
    else timer = window.setTimeout(() => look(video, eye), EVERY);
  };

  const start = async () => {
    const place = view();
    const says = place.querySelector("[data-camera-says]");
    place.hidden = false;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
    } catch {
      says.textContent = place.dataset.refused;
      return;
    }
    document.querySelector("[data-camera]").setAttribute("aria-pressed", "true");
    const video = place.querySelector("video");
    video.srcObject = stream;
    await video.play();
    look(video, await detector());
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-camera]")) return;
    if (stream) stop();
    else start();
  });

  document.addEventListener("visibilitychange", () => document.hidden && stop());
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-camera]");
    if (button && navigator.mediaDevices?.getUserMedia) button.hidden = false;
  });
})();
