"""First names of the demo's three countries, most frequent first, and the short forms that people use for them.

Own lists, written down from general knowledge; the order stands for the frequency (`dice.skew` makes weights of it).
"""

FEMALE = {
    "US": (
        "Mary Jennifer Patricia Linda Elizabeth Jessica Susan Sarah Karen Lisa Ashley Emily Michelle Amanda Kimberly "
        "Melissa Stephanie Nancy Sandra Donna Carol Emma Olivia Rebecca Laura Sharon Cynthia Amy Kathleen Angela Anna "
        "Shirley Brenda Pamela Nicole Samantha Katherine Christine Debra Rachel Carolyn Janet Maria Heather Diane "
        "Julie Joyce Victoria Kelly Christina Lauren Joan Evelyn Judith Megan Andrea Cheryl Hannah Jacqueline Martha "
        "Gloria Teresa Ann Sara Madison Frances Kathryn Janice Jean Abigail Alice Julia Judy Sophia Grace Denise "
        "Amber Doris Marilyn Danielle Beverly Isabella Theresa Diana Natalie Brittany Charlotte Marie Kayla Alexis "
        "Lori Tiffany Guadalupe Rosa Carmen Yolanda Ebony Latoya Priya Mei Fatima Brianna Chloe Zoe Vanessa Veronica "
        "Wendy Tara Monica Erin Holly Kristen Jenna Molly Paige Leah Sierra Gabriela Lucia Camila Ava Mia Harper "
        "Peggy Gail Sue"
    ),
    "GB": (
        "Susan Margaret Sarah Emma Claire Julie Karen Helen Nicola Jane Rebecca Laura Elizabeth Louise Alison "
        "Samantha Joanne Charlotte Lauren Sophie Jessica Amy Rachel Hannah Victoria Lucy Katie Gemma Catherine Fiona "
        "Amanda Jacqueline Deborah Angela Christine Patricia Tracey Sharon Michelle Lisa Natalie Kelly Holly Eleanor "
        "Olivia Emily Chloe Georgia Megan Bethany Abigail Zoe Leanne Kirsty Heather Shirley Maureen Dorothy Jean "
        "Pauline Imogen Poppy Freya Isla Ruby Aisha Fatima Priya Anjali Siobhan Bronwen Rhiannon Philippa Harriet "
        "Daisy Florence"
    ),
    "DE": (
        "Ursula Sabine Petra Monika Andrea Claudia Susanne Birgit Stefanie Anna Julia Katharina Christina Sandra "
        "Nicole Melanie Daniela Martina Karin Renate Heike Gabriele Angelika Ute Silke Anja Kerstin Tanja Sarah Laura "
        "Lena Lea Johanna Sophie Marie Hannah Franziska Nadine Jana Vanessa Jessica Katrin Barbara Brigitte Helga "
        "Ingrid Erika Elisabeth Christa Gisela Jutta Annette Cornelia Simone Bettina Anke Bärbel Käthe Jördis Ayşe "
        "Fatma Elif Zeynep Emine Svetlana Olga Magdalena Agnieszka Mia Emilia Charlotte Theresa Friederike Antonia "
        "Lina Greta Frieda"
    ),
}

MALE = {
    "US": (
        "James Robert John Michael David William Richard Joseph Thomas Christopher Charles Daniel Matthew Anthony "
        "Mark Steven Donald Andrew Joshua Paul Kenneth Kevin Brian Timothy Ronald George Jason Edward Jeffrey Ryan "
        "Jacob Nicholas Gary Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Alexander "
        "Patrick Frank Raymond Jack Dennis Jerry Tyler Aaron Jose Adam Nathan Henry Zachary Douglas Peter Kyle Noah "
        "Ethan Jeremy Christian Walter Keith Austin Roger Terry Sean Gerald Carl Dylan Harold Jordan Jesse Bryan "
        "Lawrence Arthur Gabriel Bruce Logan Billy Joe Alan Juan Elijah Willie Albert Wayne Randy Vincent Mason Roy "
        "Ralph Bobby Russell Bradley Philip Eugene Luis Carlos Miguel Hector Diego Raj Wei Omar Jamal Darnell Malik "
        "Cody Seth Travis Todd Chad Derek Brett Shane Caleb Isaac Luke Owen Liam Lucas Marcus Trevor Colin Garrett "
        "Glenn Stanley Theodore Leo"
    ),
    "GB": (
        "David John Michael James Andrew Robert Paul Mark Christopher Stephen Peter Richard Matthew Thomas Daniel "
        "Simon William Ian Anthony Alan Kevin Steven Jonathan Philip Martin Nicholas Gary Benjamin Joseph Samuel Jack "
        "Oliver Harry George Adam Alexander Joshua Luke Ryan Stuart Graham Neil Colin Keith Barry Nigel Trevor Derek "
        "Kenneth Edward Charles Henry Callum Connor Lewis Liam Jamie Craig Lee Dean Scott Russell Duncan Alistair "
        "Hamish Ewan Rhys Gareth Dylan Mohammed Imran Ravi Sanjay Alfie Archie Freddie Toby Rupert Giles Owen Sean "
        "Declan Aidan"
    ),
    "DE": (
        "Thomas Michael Andreas Peter Wolfgang Klaus Jürgen Stefan Christian Uwe Frank Werner Hans Markus Matthias "
        "Martin Bernd Manfred Alexander Daniel Jan Sebastian Tobias Florian Jens Dieter Helmut Horst Günter Gerhard "
        "Heinz Karl Josef Walter Rolf Ralf Dirk Sven Torsten Jörg Holger Volker Olaf Karsten Marco Dennis Patrick "
        "Philipp Felix Maximilian Lukas Leon Jonas Paul Tim Niklas Fabian Simon David Benjamin Moritz Johannes Jakob "
        "Friedrich Wilhelm Heinrich Ulrich Rainer Norbert Lothar Detlef Björn Götz Mehmet Mustafa Ali Hasan Emre "
        "Sergej Dmitri Piotr Elias Finn Anton Emil Theo Oskar Konstantin Hendrik Malte Till Thorben Kai"
    ),
}

#: Given name -> the forms that its bearers also go by.
NICKNAMES = {
    "Mary": "Molly Polly", "Jennifer": "Jen Jenny", "Patricia": "Pat Patty Trish", "Elizabeth": "Liz Beth Betty",
    "Jessica": "Jess Jessie", "Susan": "Sue Suzie", "Karen": "Kaz", "Michelle": "Shelly", "Amanda": "Mandy",
    "Kimberly": "Kim", "Melissa": "Missy Mel", "Stephanie": "Steph", "Sandra": "Sandy", "Rebecca": "Becky Becca",
    "Cynthia": "Cindy", "Kathleen": "Kathy Kate", "Angela": "Angie", "Pamela": "Pam", "Nicole": "Nikki",
    "Samantha": "Sam", "Katherine": "Kate Kathy Katie", "Kathryn": "Kate Kathy", "Christine": "Chris Tina",
    "Christina": "Chris Tina", "Debra": "Deb Debbie", "Deborah": "Deb Debbie", "Carolyn": "Carrie", "Janet": "Jan",
    "Victoria": "Vicky Tori", "Judith": "Judy", "Megan": "Meg", "Jacqueline": "Jackie", "Teresa": "Terry Tess",
    "Theresa": "Terry Tess", "Frances": "Fran", "Abigail": "Abby", "Margaret": "Maggie Peggy Meg", "Danielle": "Dani",
    "Alexis": "Lexi", "Veronica": "Ronnie", "Gabriela": "Gabby", "Isabella": "Bella", "Madison": "Maddie",
    "Natalie": "Nat", "Nicola": "Nicky", "Joanne": "Jo", "Charlotte": "Charlie Lottie", "Catherine": "Cathy Kate",
    "Eleanor": "Ellie Nell", "Bethany": "Beth", "Philippa": "Pippa", "Harriet": "Hattie", "Florence": "Flo",
    "James": "Jim Jimmy Jamie", "Robert": "Bob Rob Bobby", "John": "Johnny Jack", "Michael": "Mike Mick",
    "David": "Dave", "William": "Bill Will Billy", "Richard": "Rick Dick Rich", "Joseph": "Joe Joey",
    "Thomas": "Tom Tommy", "Christopher": "Chris", "Charles": "Charlie Chuck", "Daniel": "Dan Danny",
    "Matthew": "Matt", "Anthony": "Tony", "Steven": "Steve", "Stephen": "Steve", "Donald": "Don", "Andrew": "Andy Drew",
    "Joshua": "Josh", "Kenneth": "Ken Kenny", "Timothy": "Tim", "Ronald": "Ron", "Edward": "Ed Ted Eddie",
    "Jeffrey": "Jeff", "Jacob": "Jake", "Nicholas": "Nick", "Jonathan": "Jon", "Lawrence": "Larry", "Benjamin": "Ben",
    "Samuel": "Sam Sammy", "Gregory": "Greg", "Alexander": "Alex Sandy", "Patrick": "Pat", "Raymond": "Ray",
    "Nathan": "Nate", "Zachary": "Zach", "Douglas": "Doug", "Peter": "Pete", "Gerald": "Jerry", "Bradley": "Brad",
    "Philip": "Phil", "Eugene": "Gene", "Vincent": "Vince", "Albert": "Al Bert", "Arthur": "Art", "Theodore": "Ted",
    "Frank": "Frankie", "Harold": "Harry Hal", "Henry": "Harry Hank", "Walter": "Walt", "Oliver": "Olly",
    "Stuart": "Stu", "Alistair": "Ali", "Mohammed": "Mo", "Trevor": "Trev", "Martin": "Marty",
    "Ursula": "Uschi", "Stefanie": "Steffi", "Katharina": "Kathi Käthe", "Susanne": "Susi", "Gabriele": "Gabi",
    "Angelika": "Geli", "Franziska": "Franzi", "Johanna": "Hanna", "Elisabeth": "Elli Lisa", "Brigitte": "Gitti",
    "Magdalena": "Lena", "Friederike": "Rike", "Cornelia": "Conny", "Sabine": "Bine", "Barbara": "Babsi Barb",
    "Antonia": "Toni", "Wolfgang": "Wolf", "Johannes": "Hannes", "Maximilian": "Max", "Sebastian": "Basti",
    "Tobias": "Tobi", "Friedrich": "Fritz", "Wilhelm": "Willi", "Heinrich": "Heinz", "Josef": "Sepp", "Ulrich": "Uli",
    "Matthias": "Matze", "Stefan": "Steff", "Andreas": "Andi", "Philipp": "Phil", "Niklas": "Nik", "Manfred": "Manni",
    "Konstantin": "Kosta", "Florian": "Flo", "Günter": "Günni", "Jürgen": "Jogi", "Lukas": "Luki", "Benno": "Ben",
}  # fmt: skip
