// Reads a label's code with the camera where the browser can; otherwise the code is typed, or a scanner types it, whether or
// not somebody touched the field before.
'use strict';
{
  const button = document.getElementById('scan');
  const field = document.getElementById('code');
  const video = document.getElementById('camera');
  const none = document.getElementById('no-camera');
  const FRAME_MS = 200;
  /** Letters of a scanner follow each other faster than any hand's; a code has at least so many. */
  const SCANNED_MS = 60;
  const SCANNED_LEAST = 8;

  const found = (text, stream) => {
    for (const track of stream.getTracks()) track.stop();
    field.value = text;
    field.form.requestSubmit();
  };
  const look = async () => {
    none.hidden = true;
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    } catch {
      none.hidden = false;
      field.focus();
      return;
    }
    video.hidden = false;
    video.srcObject = stream;
    await video.play();
    const detector = new BarcodeDetector({ formats: ['qr_code', 'code_128', 'data_matrix'] });
    const again = async () => {
      const codes = await detector.detect(video).catch(() => []);
      if (codes.length > 0) found(codes[0].rawValue, stream);
      else setTimeout(again, FRAME_MS);
    };
    again();
  };
  let scanned = '';
  let last = 0;
  const typed = (event) => {
    if (!field || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    // What is typed into a field is that field's.
    if (event.target.closest('input, select, textarea')) return;
    if (event.timeStamp - last > SCANNED_MS) scanned = '';
    last = event.timeStamp;
    if (event.key.length === 1) {
      scanned += event.key;
    } else if (event.key === 'Enter' && scanned.length >= SCANNED_LEAST) {
      // It ends with the key that would press whatever button is in focus.
      event.preventDefault();
      field.value = scanned;
      scanned = '';
      field.form.requestSubmit();
    }
  };
  addEventListener('keydown', typed);
  if (button && 'BarcodeDetector' in globalThis && navigator.mediaDevices) {
    button.hidden = false;
    button.addEventListener('click', look);
  }
}
