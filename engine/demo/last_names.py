"""Last names of the demo's three countries: common ones by frequency, and parts that make up the long tail."""

from itertools import chain

from engine.demo.mix import mixed

COMMON = {
    "US": (
        "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson "
        "Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis "
        "Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera "
        "Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart "
        "Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim "
        "Cox Ward Richardson Watson Brooks Chavez Wood James Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo "
        "Sanders Patel Myers Long Ross Foster Jimenez Powell Jenkins Perry Russell Sullivan Bell Coleman Butler "
        "Henderson Barnes Fisher Vasquez Simmons Romero Jordan Patterson Alexander Hamilton Graham Reynolds Griffin "
        "Wallace Moreno West Cole Hayes Bryant Herrera Gibson Ellis Tran Medina Aguilar Stevens Murray Ford Castro "
        "Marshall Owens Harrison Wells Vargas Chen Washington Freeman Webb Tucker Burns Henry Crawford Hicks Chung "
        "Singh Silva Kelley O'Brien McDonald O'Connor McCarthy Schmidt Schultz Weber Hoffman Meyer Keller Snyder "
        "Becker Wagner Klein Frost Duncan"
    ),
    "GB": (
        "Smith Jones Williams Taylor Brown Davies Evans Wilson Thomas Johnson Roberts Robinson Thompson Wright Walker "
        "White Edwards Hughes Green Hall Lewis Harris Clarke Patel Jackson Wood Turner Martin Cooper Hill Ward Morris "
        "Moore Clark Lee King Baker Harrison Morgan Allen James Scott Phillips Watson Davis Parker Price Bennett "
        "Young Griffiths Mitchell Kelly Cook Carter Richardson Bailey Collins Bell Shaw Murphy Miller Cox Richards "
        "Khan Marshall Anderson Simpson Ellis Adams Singh Begum Wilkinson Foster Chapman Powell Webb Rogers Gray "
        "Mason Ali Hunt Hussain Campbell Matthews Owen Palmer Holmes Mills Barnes Knight Lloyd Butler Russell Barker "
        "Fisher Stevens Jenkins Murray Dixon Harvey Graham Pearson Ahmed Fletcher Walsh Kaur Gibson Howard Andrews "
        "Stewart Elliott Reynolds Saunders Payne Fox Ford Pearce Day Brooks West Lawrence Cole Atkinson Bradley "
        "Spencer Gill Dawson MacDonald O'Neill McKenzie Burton Hancock Thornton Whitehead Nicholson Lowe Hewitt Sharp "
        "Bowen Barrett Swift"
    ),
    "DE": (
        "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein "
        "Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner Schmitz Krause "
        "Meier Lehmann Schmid Schulze Maier Köhler Herrmann König Walter Mayer Huber Kaiser Fuchs Peters Lang Scholz "
        "Möller Weiß Jung Hahn Schubert Vogel Friedrich Keller Günther Frank Berger Winkler Roth Beck Lorenz Baumann "
        "Franke Albrecht Schuster Simon Ludwig Böhm Winter Kraus Martin Schumacher Krämer Vogt Stein Jäger Otto "
        "Sommer Groß Seidel Heinrich Brandt Haas Schreiber Graf Schulte Dietrich Ziegler Kuhn Kühn Pohl Engel Horn "
        "Busch Bergmann Thomas Voigt Sauer Arnold Wolff Pfeiffer Yılmaz Kaya Demir Özdemir Nowak Kowalski Ivanov "
        "Ullmann Löffler Göbel Bühler Fröhlich Jansen Petersen Hansen Nguyen Beyer Thiel Ebert Marx Ritter Döring "
        "Völker Süß Strauß Brückner"
    ),
}

_ENGLISH_HEADS = (
    "Al Ash Black Bar Bel Birch Brad Bram Bran Brook Bur Can Carl Cast Chad Chal Clay Clif Cob Col Cran Crow Dal Dar "
    "Den Dun East Ed El Em Ever Fair Far Fen Fir Glen Gold Gran Green Grim Had Hal Ham Har Hart Hat Hay Haze Hen Her "
    "High Hol Hort Hunt Ing Kel Ken Kil Kirk Lam Lang Lat Law Led Lin Long Mar May Mel Mid Mil Mor Nor North Oak Old "
    "Pem Pen Pick Pres Ram Red Rich Rock Rud Rush Sax Shel Sher Stan Sted Stock Stan Sum Sut Thorn Til Tom Un Up Wal "
    "War Wat Wen West Whit Wil Win Wood Wor Wy York"
)
_ENGLISH_TAILS = (
    "bourne brook burn bury by combe cott croft dale den don field ford gate grave ham hurst land ley low man mere "
    "mond more ridge sey shaw side son stead stock stone ton tree wall ward way well wick win wood worth"
)
_GERMAN_HEADS = (
    "Acker Alt Amts Angers Auer Bach Baden Ban Bern Bier Birken Blum Boden Born Brand Breit Bruck Buch Burg Dachs "
    "Dann Dorn Eber Eck Edel Eich Eisen Engel Erlen Esch Fal Feld Fels Feuer Fichten Finken Flach Frei Fried Gar "
    "Geiger Gold Grab Grün Haber Hage Hasel Heid Hell Hirsch Hoch Hohen Holz Kalten Kamp Kirch Kloster Kron Kupfer "
    "Land Lauter Lichten Linden Löwen Mai Markt Mühl Neu Nieder Ober Oster Quell Rab Rosen Rot Sand Schön Schwarz See "
    "Silber Sonn Stein Tann Thal Unter Vogel Wald Wasser Weiden Wein Weißen West Wiesen Wild Winter Wolf Zeller "
    "Ziegen"
)
_GERMAN_TAILS = (
    "acker auer bach baum beck berg berger brandt bruch brunn burger dorf dorfer eder egger felder furth hagen hammer "
    "hauer haus häuser heimer hof hofer holz huber kamp macher mann mayer meier meister müller reiter rieder rath "
    "schläger schmied stätter stein steiner thaler wald walder wieser"
)
_HISPANIC = (
    "Acosta Aguirre Alonso Arroyo Avila Ayala Barrera Benitez Bravo Bustamante Caballero Cabrera Calderon Camacho "
    "Campos Cano Cardenas Carrillo Castañeda Cervantes Contreras Cortez Delgado Dominguez Duran Escobar Espinoza "
    "Estrada Figueroa Fuentes Galvan Gallegos Guerrero Guzman Ibarra Juarez Lara Leon Lozano Lucero Macias Maldonado "
    "Marquez Mejia Mendez Miranda Molina Montes Montoya Mora Muñoz Navarro Nuñez Ochoa Orozco Pacheco Padilla Peña "
    "Ponce Quintero Ramon Rangel Rios Robles Rojas Rosales Rubio Salazar Salinas Sandoval Santana Santos Serrano "
    "Solis Soto Suarez Tapia Trevino Trujillo Valdez Valencia Vega Velasquez Velez Villa Villanueva Villarreal Zamora "
    "Zavala Zuniga"
)


def last_names(country: str) -> list[str]:
    """All last names of a country, most frequent first, without repeats."""
    if country == "DE":
        tail = mixed(_GERMAN_HEADS.split(), _GERMAN_TAILS.split())
    else:
        tail = mixed(_ENGLISH_HEADS.split(), _ENGLISH_TAILS.split())
    if country == "US":
        german = (
            name.translate(str.maketrans("äöüß", "aous"))
            for name in mixed(_GERMAN_HEADS.split(), _GERMAN_TAILS.split())
        )
        tail = _HISPANIC.split() + list(chain.from_iterable(zip(tail, german, strict=False)))
    return list(dict.fromkeys(COMMON[country].split() + tail))
