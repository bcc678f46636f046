"""The things that the painter can draw, and the words for each."""

from __future__ import annotations

from nbkit.images.painter.vocabulary import table

THINGS = table("""
cat: kitten, kitty, tabby, tomcat
dog: puppy, hound, terrier, retriever, sheepdog, corgi, dachshund
fox: vixen
wolf: coyote
rabbit: bunny, hare
bear: polar bear, teddy bear, panda, cub
horse: pony, stallion, foal, mare
unicorn
donkey: mule
deer: stag, fawn, doe, reindeer, elk, moose
sheep: lamb, goat, ram
cow: bull, ox, calf, cattle, buffalo
lion: lioness, tiger, leopard
elephant: mammoth
mouse: rat, hamster, squirrel, chipmunk
hedgehog: porcupine
frog: toad
turtle: tortoise
snail
owl: owlet
bird: robin, sparrow, songbird, finch, parrot, canary, nightingale, raven, crow, chick,
    hummingbird, pigeon, dove
gull: seagull, swallow, eagle, hawk, falcon
duck: duckling, goose, swan, mallard
flamingo: heron, stork, crane bird, ostrich
penguin
chicken: hen, rooster, turkey
butterfly: moth
bee: bumblebee, dragonfly, firefly
fish: goldfish, salmon fish, koi, carp, tuna, shark, clownfish
whale: orca, humpback
dolphin: porpoise
octopus: squid, kraken
jellyfish
crab: lobster
starfish: sea star
dragon: wyvern
dinosaur: brontosaurus, sauropod
person: man, someone, farmer, traveller, traveler, wanderer, figure, hiker, villager, gardener,
    stranger, musician, teacher, boatman, walker, grandfather, father, gentleman,
    couple of people, cyclist, shepherd, postman, baker, engineer, inventor, scientist,
    astronomer, explorer, storyteller, clockmaker, watchmaker, mechanic
woman: lady, mother, grandmother, dancer, princess, queen, librarian, bride
girl: schoolgirl, daughter, little girl, sister
boy: schoolboy, son, child, kid, brother
astronaut: cosmonaut, spaceman, spacewoman
wizard: witch, sorcerer, magician, mage
knight: warrior, soldier
king: prince, emperor
sailor: captain, fisherman, keeper, lighthouse keeper, pirate, mariner, fisher
painter: artist
chef: cook
robot: android, droid, automaton
snowman
ghost: spirit, phantom
fairy: angel, elf, sprite, pixie
scarecrow
lighthouse: beacon, light house
house: home, farmhouse, mansion, building, villa, inn, school, schoolhouse, mill house
cottage: cabin, hut, mountain hut, shack, log cabin, bungalow, chalet, lodge
castle: palace, fortress, citadel, keep tower
tower: turret, belfry, clock tower, minaret, bell tower
windmill: mill
watermill: water mill
church: chapel, cathedral, abbey, monastery
temple: pagoda, shrine
barn: stable, shed, farmstead
tent: campsite, camp, tepee, yurt
igloo
pyramid
bridge: viaduct, footbridge, aqueduct
fence: picket fence, railing
gate: gateway, arch, archway, torii
well: wishing well
fountain
ruins: ruin, stone circle, stonehenge, columns
sailboat: boat, sailing boat, yacht, dinghy
rowboat: canoe, kayak, rowing boat, gondola, raft, row boat, paper boat
ship: steamer, ferry, freighter, vessel, cruise ship, ocean liner, steamship, tugboat,
    fishing boat, trawler, tug, cargo ship
galleon: pirate ship, tall ship, schooner, sailing ship, caravel
submarine: bathyscaphe
car: automobile, taxi, jeep, cab, sports car
truck: lorry, pickup, van, caravan, camper
bus: tram, streetcar, trolley
train: locomotive, steam train, railway, steam engine, express
bicycle: bike, cycle, tricycle, scooter, motorcycle, motorbike
tractor
cart: wagon, carriage, sleigh, sled
plane: airplane, aeroplane, aircraft, biplane, jet, glider, paper plane
helicopter
rocket: spaceship, spacecraft, rocket ship, space ship, space shuttle, shuttle
ufo: flying saucer, saucer
airship: zeppelin, blimp, dirigible
balloon: hot air balloon, hot-air balloon, air balloon
party balloon: toy balloon
kite
tree: oak, maple, elm, willow, apple tree, birch, beech, chestnut tree, cherry tree, lemon tree
pine: fir, spruce, conifer, christmas tree, cedar, pine tree
palm: palm tree, coconut tree
bush: shrub, hedge, bushes
cactus
flower: tulip, rose, daisy, poppy, wildflower, lily, orchid, peony, dandelion, blossom flower,
    bouquet, flowerpot
sunflower
mushroom: toadstool, fungus
pumpkin: jack-o-lantern
apple: fruit, pear
rock: boulder, pebble, cairn
campfire: bonfire, fire, camp fire
moon: full moon, crescent moon, crescent
sun
star: shooting star, stars, comet, meteor, falling star
planet: saturn, jupiter, earth, globe planet
rainbow
aurora: northern lights, aurora borealis, polar lights, southern lights
lantern: paper lantern, oil lamp, lanterns
lamp: desk lamp, table lamp, lampshade
streetlamp: street lamp, street light, streetlight, lamppost, lamp post, gas lamp
candle: candlelight, candles
book: notebook, diary, journal, dictionary, novel
letter: envelope, postcard, parcel letter
map: treasure map, scroll, chart
mug: cup, tea, coffee, teacup, cocoa, cup of tea, mug of tea, cup of coffee, hot chocolate, soup,
    bowl
teapot: kettle, pot
cake: pie, birthday cake, cupcake, muffin
bread: bakery, loaf, loaves, baguette, croissant
clock: grandfather clock, alarm clock, pocket watch
hourglass
key
chest: treasure chest, treasure, box, crate, trunk
suitcase: luggage, bag, backpack, basket
gift: present, parcel
crown: tiara
hat: top hat, cap
umbrella: parasol
telescope: spyglass, observatory
microscope: laboratory, lab
globe
easel: canvas, painting
piano: grand piano
guitar: violin, cello, fiddle, ukulele, banjo
computer: laptop, screen, terminal, monitor
camera
radio: gramophone
chair: armchair, rocking chair, sofa, stool, throne
bench: park bench
table: desk table, workbench
bed: bedroom
shelf: library, bookshop, bookstore, bookshelf, bookcase, cupboard
stove: kitchen, fireplace, hearth, oven, furnace
vase: flower vase, bottle, jar, vial
message bottle: message in a bottle, glass bottle, bottled message
anchor
buoy
sign: signpost, milestone
mailbox: letterbox, postbox, letter box
swing: swings
barrel: keg
bell
sword
shell: seashell, conch
windowsill: window sill
satellite: space probe, probe
moon rover: rover, buggy
""")
"""Word to the name of a thing; every name has a drawing."""

HOMES = {
    name: place
    for place, names in {
        "sea": "sailboat rowboat ship galleon gull lighthouse buoy anchor",
        "underwater": "fish whale dolphin octopus jellyfish submarine turtle",
        "beach": "crab starfish palm shell",
        "space": "astronaut rocket planet satellite",
        "room": (
            "lamp book mug teapot cake bread clock hourglass key easel piano guitar computer "
            "camera radio chair table bed shelf stove vase candle globe microscope map letter"
        ),
        "snowfield": "penguin snowman igloo",
        "forest": "owl deer bear wolf mushroom tent campfire fox hedgehog fairy",
        "meadow": "sheep cow horse windmill barn tractor rabbit scarecrow sunflower butterfly bee",
        "city": "bus car streetlamp",
        "desert": "cactus pyramid",
        "lake": "duck",
        "river": "frog flamingo",
        "garden": "flower fountain",
        "mountains": "train",
    }.items()
    for name in names.split()
}
"""Where a thing is at home, for a prompt that names no place."""
