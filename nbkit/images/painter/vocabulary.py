"""The words that the painter knows: what each stands for.

Each line of a table is a name and the words for it; words of two or three are looked for before
single ones. Plurals follow the rules, and :data:`IRREGULAR` has those that do not.
"""

from __future__ import annotations

from nbkit.images.painter.colour import Colour, rgb


def table(lines: str) -> dict[str, str]:
    """Read ``name: word, word of two`` lines into a mapping of word to name.

    An indented line goes on with the one before it.
    """
    words: dict[str, str] = {}
    for line in lines.replace("\n    ", " ").strip().splitlines():
        name, _, synonyms = line.partition(":")
        name = name.strip()
        for word in [name, *synonyms.split(",")]:
            if word.strip():
                words[word.strip()] = name
    return words


PLACES = table("""
sea: ocean, waves, sailing, open water, high seas, pacific, atlantic, tide, bay, harbour, harbor,
    port, marina, fjord
beach: shore, seaside, sand, shoreline, lagoon, seashore
coast: cliff, cliffs, headland, island, coastline, clifftop, promontory, cape, islet
forest: woods, wood, woodland, jungle, grove, rainforest, clearing, wilderness, thicket, taiga
mountains: mountain, alps, peak, summit, ridge, alpine, canyon, himalaya, mountainside,
    mountaintop, mountain hut, volcano, valley, gorge
city: town, street, downtown, skyline, skyscrapers, skyscraper, metropolis, avenue, rooftop,
    plaza, square, alley, cityscape, urban, tokyo, paris, london, new york, market, marketplace,
    streets, rooftops, station
village: hamlet, cottages, countryside town, fishing village, small town
desert: dunes, dune, sahara, oasis, wasteland, savanna, savannah, mars
meadow: field, grass, grassland, pasture, prairie, countryside, farm, hill, hills, hillside,
    plain, plains, lawn, farmland, road, path, moor, vineyard, steppe
lake: pond, lakeside, reservoir, loch, lakeshore
river: stream, creek, brook, riverbank, canal, riverside, waterfall
garden: park, orchard, backyard, courtyard, greenhouse, flowerbed, playground, yard
snowfield: arctic, antarctica, tundra, glacier, north pole, south pole, iceberg, polar, ice
space: space station, galaxy, cosmos, outer space, universe, orbit, nebula, milky way, asteroid,
    lunar surface
underwater: under the sea, reef, coral reef, seabed, ocean floor, under water, deep sea,
    seafloor, aquarium, beneath the waves, under the waves
room: indoors, kitchen, bedroom, library, study, living room, inside, workshop, office, attic,
    classroom, studio, laboratory, lab, cafe, café, bakery, restaurant, parlour, interior,
    window sill, windowsill, desk, fireplace, bookshop, hallway, observatory
""")

TIMES = table("""
dawn: sunrise, daybreak, first light, early morning
morning: breakfast, forenoon
noon: midday, day, daytime, daylight, sunny day, high noon, afternoon, sunlit, bright day
sunset: golden hour, evening glow, sundown, late afternoon, golden light, setting sun
dusk: twilight, evening, nightfall, blue hour, gloaming, gloaming light
night: midnight, nighttime, moonlit, moonlight, starry, starlit, nocturnal, night sky,
    moonlit night, at night, starlight, dark
""")

WEATHER = table("""
clear: sunny, cloudless, sunshine, clear sky, fair
clouds: cloudy, overcast, cloud, grey sky, gray sky
rain: rainy, raining, drizzle, downpour, shower, rainfall, raindrops, monsoon
snow: snowy, snowing, snowfall, snowflakes, blizzard, flurries, sleet
fog: foggy, mist, misty, haze, hazy
storm: stormy, thunderstorm, lightning, thunder, tempest, hurricane, gale
wind: windy, breeze, breezy, gust, gusty, windswept, blustery
""")

SEASONS = table("""
autumn: fall colours, fall colors, autumnal, october, november, fall foliage, harvest,
    falling leaves, fallen leaves, autumn leaves
winter: wintry, frozen, icy, frosty, frost, snow covered, snow capped, snowcapped, snowbound,
    december, january, christmas
spring: springtime, april, blossoms, blossom, cherry blossom, cherry blossoms
summer: summertime, july, august
""")

TONES = table("""
mono: monochrome, black and white photo, grayscale, greyscale, noir, charcoal, ink drawing,
    pencil sketch
sepia: vintage photo, old photograph, daguerreotype
pastel: pastels, watercolour, watercolor, soft colours, dreamy
""")

COLOURS: dict[str, Colour] = {
    word: rgb(code)
    for code, words in {
        "d63a34": "red scarlet crimson ruby cherry vermilion",
        "8e2b36": "maroon burgundy",
        "2f6fc9": "blue azure cobalt sapphire",
        "233f7d": "navy indigo",
        "7cbbe6": "lightblue",
        "3f9a4c": "green emerald olive jade",
        "f2c531": "yellow lemon amber",
        "8a4bb0": "purple violet lilac",
        "b9a0e0": "lavender mauve",
        "ee8130": "orange tangerine copper",
        "f08fb2": "pink rosy magenta",
        "f6f2e8": "white ivory snowy-white cream pale",
        "33323c": "black ebony",
        "e0ac3a": "gold golden brass",
        "c4ccd4": "silver silvery",
        "8b8f98": "grey gray",
        "8c5a36": "brown wooden chestnut bronze",
        "2fa59c": "teal turquoise cyan aqua",
        "e9d3a6": "beige tan sandy",
        "f4806a": "salmon peach",
    }.items()
    for word in words.split()
}

TINTS = {
    word: COLOURS[colour]
    for colour, words in {
        "white": "polar bear, swan, dove, goat, paper boat, paper plane",
        "black": "raven, crow, panda, orca",
        "red": "robin, poppy, rose",
        "gold": "goldfish, canary, dandelion",
        "yellow": "chick, taxi, cab, duckling",
        "grey": "heron, mammoth, shark, squirrel",
        "green": "parrot, pear",
        "brown": "teddy bear",
    }.items()
    for word in words.split(", ")
}
"""The colour that some words bring by themselves."""

SHADES = {"dark": -0.35, "deep": -0.25, "light": 0.4, "bright": 0.08, "pale": 0.5, "soft": 0.25}
"""How a word before a colour lightens or darkens it."""

NUMBERS = {
    "two": 2, "couple": 2, "pair": 2, "twin": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "several": 4, "many": 7, "some": 3, "few": 3,
    "flock": 7, "herd": 5, "fleet": 4, "dozen": 9, "dozens": 9, "group": 4, "hundreds": 10,
    "row": 4, "crowd": 6, "school": 6, "countless": 10, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6,
}  # fmt: skip

SIZES = {
    "big": 1.25, "large": 1.25, "huge": 1.45, "giant": 1.5, "enormous": 1.5, "tall": 1.2,
    "massive": 1.45, "gigantic": 1.5, "towering": 1.35, "great": 1.15,
    "small": 0.8, "little": 0.82, "tiny": 0.72, "miniature": 0.6, "distant": 0.5, "faraway": 0.5,
    "baby": 0.7, "young": 0.85,
}  # fmt: skip

PARTS = frozenset(
    [
        "sail",
        "sails",
        "hull",
        "coat",
        "raincoat",
        "dress",
        "jacket",
        "scarf",
        "hat",
        "hood",
        "cloak",
        "shirt",
        "sweater",
        "hair",
        "fur",
        "door",
        "doors",
        "roof",
        "roofs",
        "stripes",
        "stripe",
        "paint",
        "feathers",
        "wings",
        "petals",
        "handle",
        "cover",
        "shade",
        "suit",
        "uniform",
        "boots",
        "gloves",
        "pyjamas",
        "robe",
        "skirt",
        "collar",
        "beak",
        "mane",
        "eyes",
        "trim",
        "spots",
    ]
)
"""Words that give their colour to the thing named before them."""

SKY_WORDS = frozenset({"sky", "skies", "heavens", "glow", "horizon"})
ABSENT = frozenset({"no", "without", "not", "never"})
RESTS_ON = frozenset({"on", "atop", "aboard", "upon", "riding", "onto"})
CROSSING = frozenset({"crossing", "across", "over"})
UNDER = frozenset({"under", "beneath", "below", "underneath"})
INSIDE = frozenset({"in", "inside", "into"})

SILENT = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "and",
        "its",
        "his",
        "her",
        "their",
        "my",
        "our",
        "with",
        "at",
        "to",
        "by",
    ]
)
"""Words that do not even move a cloud."""

IRREGULAR = {
    "men": "man", "women": "woman", "children": "child", "kids": "child", "people": "person",
    "wolves": "wolf", "leaves": "leaf", "mice": "mouse", "geese": "goose", "shelves": "shelf",
    "foxes": "fox", "sheep": "sheep", "fish": "fish", "deer": "deer", "knives": "knife",
    "fairies": "fairy", "fishermen": "fisherman", "cacti": "cactus", "octopi": "octopus",
}  # fmt: skip
