"""What the demo company's people, places and things are called: data, no logic."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    """
    Ada Aiko Alejandra Amara Anders Anna Anneli Ayşe Beatriz Benoît Björn Camila Chidi Chloé Dagny Daniela
    Dmitri Élodie Emeka Emma Enzo Farah Fatima Felix Fiona Gabriel Giulia Grace Hannah Haruto Hugo Ibrahim Ines
    Ingrid Isabel Iván Jamal Jan Jelena Joana João Jonas José Júlia Karim Katarzyna Kenji Lars Laura Leïla Liam
    Linnea Lucía Łukasz Luna Maja Malik Marta Mateo Mei Mila Mohammed Nadia Nia Niamh Noah Nour Oksana Olivia
    Omar Oscar Paula Pedro Priya Quinn Rafael Rania Renée Rohan Rosa Salma Samuel Sánchez Sara Seán Sofia Søren
    Tariq Théo Tomás Ursula Valentina Viktor Wei Yara Yusuf Zoë 美咲 健 Ольга
    """
)
LAST_NAMES = _words(
    """
    Abe Adeyemi Almeida Andersson Baker Bauer Becker Bernard Bianchi Brown Castro Chen Clarke Costa Cruz Dahl
    Davies Díaz Dubois Dupont Eriksen Evans Fernández Ferrari Fischer Fontaine García Ghosh Gómez González Gupta
    Haddad Hansen Hernández Hoffmann Ibrahim Ito Ivanova Jansen Johnson Jones Kaya Kim Kovač Kowalski Kumar
    Larsen Laurent Lee Lindqvist López Mancini Martin Meyer Moreau Müller Murphy Nakamura Navarro Nguyen Nielsen
    Nowak O'Brien O'Connor Okafor Olsen Öztürk Park Patel Pereira Petrov Ramírez Rao Ricci Rossi Ruiz Santos
    Schäfer Schmidt Schneider Silva Singh Smith Soto Suzuki Tanaka Taylor Thompson Torres Van-der-Berg Vargas
    Vidal Wagner Walker Wang Weber Williams Wilson Yamamoto Yildiz Zhang Zimmermann
    """
)
COMPANY_NAMES = _words(
    """
    Alder Amber Anchor Apex Arbor Atlas Beacon Birch Bluebird Bright Canyon Cedar Cobalt Compass Copper Coral
    Crescent Delta Drift Echo Ember Falcon Fern Flint Forge Garnet Granite Harbor Hazel Heron Horizon Indigo
    Ivory Juniper Keystone Lantern Laurel Linden Lumen Lunar Maple Marble Meridian Mosaic Nimbus North Nova Oak
    Onyx Orchard Osprey Pebble Pine Pioneer Prairie Quarry Quill Raven Redwood River Saffron Sage Sierra Slate
    Solstice Sparrow Spruce Sterling Summit Tidal Timber Topaz Umber Vale Vector Velvet Vista Willow Wren Zenith
    """
)
COMPANY_TRADES = _words(
    """
    Logistics Foods Robotics Health Energy Software Textiles Analytics Architects Bakery Bikes Biotech Capital
    Ceramics Coffee Construction Dental Education Farms Freight Furniture Games Hotels Insurance Labs Legal
    Media Metals Motors Optics Outdoor Packaging Pharma Pictures Press Print Properties Security Studios Systems
    Tools Travel Water Wines
    """
)
COMPANY_FORMS = ("Inc.", "LLC", "GmbH", "Ltd", "S.A.", "B.V.", "AB", "K.K.", "& Sons", "Group")

PLACES = (
    ("Boston", "MA", "02110", "United States", "US/Eastern"),
    ("Austin", "TX", "73301", "United States", "US/Central"),
    ("San José", "CA", "95113", "United States", "US/Pacific"),
    ("Toronto", "ON", "M5H 2N2", "Canada", "America/Toronto"),
    ("Dublin", "", "D02 X285", "Ireland", "Europe/Dublin"),
    ("London", "", "EC2A 4NE", "United Kingdom", "Europe/London"),
    ("Paris", "", "75002", "France", "Europe/Paris"),
    ("München", "BY", "80331", "Germany", "Europe/Berlin"),
    ("Göteborg", "", "411 03", "Sweden", "Europe/Stockholm"),
    ("São Paulo", "SP", "01310-100", "Brazil", "America/Sao_Paulo"),
    ("東京", "", "100-0001", "Japan", "Asia/Tokyo"),
    ("Sydney", "NSW", "2000", "Australia", "Australia/Sydney"),
)
STREETS = ("Main Street", "Oak Avenue", "Rue de la Paix", "Hauptstraße", "Calle Mayor", "Via Roma", "High Street")
JOB_TITLES = (
    "Account Executive", "Head of Operations", "Chief Financial Officer", "Data Engineer", "Office Manager",
    "Purchasing Lead", "IT Director", "Marketing Manager", "Founder & CEO", "Facilities Manager",
)  # fmt: skip

PRODUCTS = (
    ("Warehouse scanner", "inventory", (149, 249, 399)),
    ("Label printer", "inventory", (89, 129, 219)),
    ("Shelf sensor", "inventory", (19, 29, 49)),
    ("Fleet tracker", "inventory", (59, 79, 119)),
    ("Inventory cloud", "service", (490, 990, 1990)),
    ("Route planner", "service", (290, 590, 1190)),
    ("Demand forecast", "service", (390, 790, 1590)),
    ("Onboarding", "non_inventory", (1500, 2500, 5000)),
    ("Training day", "non_inventory", (800, 1200, 1600)),
    ("Premium support", "service", (120, 240, 480)),
)
PRODUCT_EDITIONS = ("Starter", "Professional", "Enterprise")

TICKET_SUBJECTS = (
    "Scanner loses connection after update", "Invoice shows the wrong VAT number", "How do I add a second site?",
    "Label printer prints blank pages", "Export is missing March", "Login link expired", "Feature request: dark mode",
    "Route planner ignores toll roads", "Battery drains overnight", "Delivery arrived damaged 📦",
)  # fmt: skip
TICKET_TEXTS = (
    "Hi team,\nsince this morning it does not work any more. Could you have a look?\n\nThanks!",
    'The message says "Error 42".\tI tried turning it off and on again.',
    "Bonjour, le problème est revenu après la mise à jour. Merci d'avance 🙏",
    "Please call me back, it is urgent; we open at 8:00.",
    "<p>See the attached <b>screenshot</b>.</p>",
)
FEEDBACK_TEXTS = (
    "Setup took ten minutes, love it 😍", "Support answered fast.", "Too expensive for what it does.",
    "Works fine; the app could be quicker", "", "It's \"okay\"\nnothing more", "Grazie mille, ottimo servizio!",
)  # fmt: skip
NOTES = (
    "Met at the trade fair, wants a demo next quarter.", "Budget approved.\nNext step: security questionnaire.",
    "Prefers e-mail over phone ☎️", "Renewal at risk: new purchasing lead.", "Sent the offer; waiting for legal.",
)  # fmt: skip
LOST_REASONS = ("Price", "Chose a competitor", "No budget this year", "Went silent", "Missing integration")
CAR_MODELS = ("Volvo EX30", "Citroën ë-Berlingo", "Ford Transit", "Toyota Proace", "Škoda Enyaq")
FILLER = (
    "north", "south", "east", "west", "blue", "green", "pending", "reviewed", "n/a", "see notes", "Ω team", "x-1",
)  # fmt: skip
