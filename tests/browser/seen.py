"""What a page has shown in the places of images, noted at each change of it."""

SEEN = """() => {
    const seen = window.nbkitSeen = [];
    const look = () => {
        for (const box of document.querySelectorAll(".nbkit-story .nbkit-box")) {
            const sketch = box.querySelector("img.nbkit-sketch");
            const state = sketch.hidden ? box.dataset.state : "preview";
            const shown = `${box.title.slice(0, 12)}: ${state}`;
            if (!seen.includes(shown)) seen.push(shown);
        }
    };
    window.nbkitLook?.disconnect();
    window.nbkitLook = new MutationObserver(look);
    window.nbkitLook.observe(document.body, { subtree: true, childList: true, attributes: true });
    look();
}"""
