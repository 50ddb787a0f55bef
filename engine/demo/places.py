"""Towns, streets and telephone areas of the demo's three countries. Towns are made up; number formats are real."""

from engine.demo.mix import mixed

_TOWNS = {
    "US": (
        "Ash Bay Bell Bright Brook Bur Cedar Clay Clear Cold Cooper Deer East Elk Fair Fox Glen Grand Green Harper "
        "Hazel Iron Jackson King Lake Lincoln Madison Maple Mill Oak Pine Red River Rose Sand Silver Spring Stone "
        "Union West",
        "boro brook burg bury dale field ford grove haven hill hurst land mont port ridge side ton vale view ville",
        (" Creek", " Falls", " Springs", " Heights", " Junction", " City", " Park", " Point"),
    ),
    "GB": (
        "Ald Ash Bar Bed Bram Brid Broad Cal Chat Chil Craw Dal Dun East Elm Fal Glas Graf Hal Har Hart Kel Kirk "
        "Lang Lin Mal Mar Nant Nor Oak Pen Red Ros Sal Shel Stan Thorn Tre Wal Wel Whit Win Wood Wy",
        "bourne bridge burgh bury by castle combe ford ham hampton leigh ley mere minster mouth stead stow thorpe "
        "ton wick",
        (" Green", "-on-Sea", " Bay", "-under-Edge"),
    ),
    "DE": (
        "Ahl Alt Bären Birken Blanken Bruch Buch Dorn Eber Eich Eisen Erl Falken Frei Fried Grün Hasel Heil Hirsch "
        "Hohen Kalten Kirch König Lauter Linden Löwen Mühl Neu Nieder Ober Rosen Roten Sachsen Schön Schwarzen "
        "Stein Wald Weißen Wester Wolfs",
        "au bach berg brück brunn burg dorf feld furt hagen hain hausen heim hof horst ingen kirchen leben rode see "
        "stadt stein tal walde",
        (" am See", " an der Aue", " (Nord)"),
    ),
}

_STREETS = {
    "US": (
        "Main Oak Pine Maple Cedar Elm Washington Lake Hill Park Walnut Spring North Ridge Church Willow Mill "
        "Sunset Railroad Jackson Cherry West South Highland Franklin River Meadow Forest Lincoln Chestnut Jefferson "
        "Birch Valley Hickory Dogwood Center Union Madison Prospect Adams Laurel Magnolia Spruce Grant Poplar "
        "Monroe Juniper Aspen Liberty Fairview Holly Sycamore Orchard Cypress Harrison Summit College Broad Locust "
        "Clark Hillcrest Garden Pleasant Canyon Creek Quail Redwood Vine Woodland Eagle Country Winding",
        "Street Avenue Road Drive Lane Court Boulevard Circle Way Place Trail Terrace",
    ),
    "GB": (
        "High Church Station Victoria Green Park Manor Kings Queens Mill School North South West New Grange "
        "Springfield York Alexandra Albert George Windsor Chapel Broad Cross Meadow Orchard Grove Highfield Stanley "
        "Richmond Clarence Main Castle Hill Bridge Water Elm Beech Oak Ash Nelson Wellington Priory Abbey Rectory "
        "Willow Tudor Canal",
        "Street Road Lane Avenue Close Gardens Drive Crescent Way Terrace Court Walk",
    ),
    "DE": (
        "Haupt Schul Garten Bahnhof Dorf Berg Birken Linden Kirch Wald Ring Wiesen Amsel Goethe Schiller Mozart "
        "Beethoven Tal Mühlen Rosen Buchen Eichen Tannen Blumen Feld Finken Bach Kastanien Ahorn Park Lerchen Markt "
        "Post Jahn Fichten Brunnen Flieder Uhland Lessing Heide Sonnen Friedhof Erlen Nelken Tulpen Industrie Hof "
        "Weiher Schloss",
        "straße weg gasse allee platz ring",
    ),
}

#: Telephone: area codes of each country's land lines (also mobile ones in the US), and mobile prefixes.
AREAS = {
    "US": (
        "201 203 206 210 212 213 214 215 216 218 225 240 248 253 260 267 269 270 281 301 302 303 305 309 310 312 313 "
        "314 315 316 317 319 336 352 360 402 404 405 407 410 412 414 415 419 423 425 443 480 501 502 503 504 505 508 "
        "509 510 512 513 515 516 517 520 530 540 541 559 561 562 571 601 602 603 605 606 608 609 610 612 614 615 616 "
        "617 618 619 626 631 636 646 650 660 702 703 704 706 707 708 712 713 714 716 717 718 720 727 732 740 757 760 "
        "763 765 770 772 773 775 801 802 803 804 805 808 810 812 813 814 815 816 817 818 828 830 831 832 845 847 850 "
        "856 858 859 860 863 870 901 903 904 907 908 910 913 914 915 916 917 918 919 920 925 928 931 936 937 940 941 "
        "949 951 952 954 956 970 971 972 973 979 980 985"
    ),
    "GB": "20 113 114 115 116 117 118 121 131 141 151 161",
    "DE": "30 40 69 89 221 211 711 341 351 511 421 201 231",
}
MOBILE = {"GB": "74 75 77 78 79", "DE": "151 152 157 159 160 170 171 172 173 174 175 176"}


def towns(country: str) -> list[str]:
    """All towns of a country, largest first."""
    heads, tails, words = _TOWNS[country]
    return mixed(heads.split(), [*tails.split(), *words])


def streets(country: str) -> list[str]:
    """All streets of a country, most frequent first; German ones are one word."""
    heads, tails = _STREETS[country]
    glue = "" if country == "DE" else " "
    return mixed(heads.split(), [glue + tail for tail in tails.split()])
