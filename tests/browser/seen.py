"""What a page has shown in the places of images, looked at in every frame that it draws."""

SEEN = """() => {
    window.nbkitSeen = [];
    const look = () => {
        for (const box of document.querySelectorAll(".nbkit-story .nbkit-box")) {
            const sketch = box.querySelector("img.nbkit-sketch");
            const state = sketch.hidden ? box.dataset.state : "preview";
            const seen = `${box.title.slice(0, 12)}: ${state}`;
            if (!window.nbkitSeen.includes(seen)) window.nbkitSeen.push(seen);
        }
        requestAnimationFrame(look);
    };
    look();
}"""
