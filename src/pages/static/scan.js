// Reads a label's code with the camera where the browser can; otherwise the code is typed, or a scanner types it.
'use strict';
{
  const button = document.getElementById('scan');
  const field = document.getElementById('code');
  const video = document.getElementById('camera');
  const none = document.getElementById('no-camera');
  const FRAME_MS = 200;

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
  if (button && 'BarcodeDetector' in globalThis && navigator.mediaDevices) {
    button.hidden = false;
    button.addEventListener('click', look);
  }
}
