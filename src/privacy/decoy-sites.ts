/**
 * What decoys look up: sites of general interest and what their pages load, one page a line, the page's own name
 * first. Nothing here says anything about whoever runs this: the list is the same for everybody, holds no
 * small sites, and nothing that anyone might be asked about.
 */
const PAGES = `
www.wikipedia.org upload.wikimedia.org meta.wikimedia.org login.wikimedia.org intake-analytics.wikimedia.org
en.wikipedia.org upload.wikimedia.org meta.wikimedia.org maps.wikimedia.org
de.wikipedia.org upload.wikimedia.org meta.wikimedia.org
www.wiktionary.org upload.wikimedia.org meta.wikimedia.org
www.openstreetmap.org tile.openstreetmap.org piwik.openstreetmap.org nominatim.openstreetmap.org
www.bbc.co.uk static.files.bbci.co.uk ichef.bbci.co.uk nav.files.bbci.co.uk emp.bbci.co.uk idcta.api.bbc.co.uk
www.theguardian.com assets.guim.co.uk i.guim.co.uk interactive.guim.co.uk api.nextgen.guardianapps.co.uk
www.nytimes.com static01.nyt.com a.et.nytimes.com samizdat-graphql.nytimes.com g1.nyt.com
www.reuters.com cloudfront-us-east-2.images.arcpublishing.com www.googletagmanager.com
apnews.com dims.apnews.com assets.apnews.com www.googletagmanager.com
www.washingtonpost.com img.washingtonpost.com www.googletagmanager.com
www.cnn.com cdn.cnn.com media.cnn.com get.s-onetag.com
www.npr.org media.npr.org static-assets.npr.org
www.aljazeera.com assets.aljazeera.com www.googletagmanager.com
www.dw.com static.dw.com tracking.dw.com
www.tagesschau.de images.tagesschau.de
www.spiegel.de cdn.prod.www.spiegel.de assets.spiegel.de
www.zeit.de static.zeit.de img.zeit.de
www.lemonde.fr img.lemde.fr cdn.lemonde.fr
www.lefigaro.fr static.lefigaro.fr i.f1g.fr
elpais.com static.elpais.com imagenes.elpais.com
www.corriere.it components2.corriereobjects.it images2.corriereobjects.it
www.repubblica.it www.repstatic.it
www.nrk.no static.nrk.no gfx.nrk.no
www.svt.se www.svtstatic.se
yle.fi images.cdn.yle.fi assets.yle.fi
www.abc.net.au res.abc.net.au live-production.wcms.abc-cdn.net.au
www.cbc.ca i.cbc.ca thumbnails.cbc.ca
www3.nhk.or.jp www.nhk.or.jp
www.asahi.com www.asahicom.jp
timesofindia.indiatimes.com static.toiimg.com
www.weather.com s.w-x.co api.weather.com
www.accuweather.com www.awxcdn.com
www.metoffice.gov.uk www.googletagmanager.com
www.yr.no nrk.no
www.wetter.com cs3.wettercomassets.com
www.timeanddate.com c.tadst.com
www.google.com www.gstatic.com fonts.gstatic.com apis.google.com ogs.google.com
maps.google.com maps.gstatic.com maps.googleapis.com khms0.google.com
mail.google.com www.gstatic.com ssl.gstatic.com lh3.googleusercontent.com
www.youtube.com i.ytimg.com yt3.ggpht.com fonts.gstatic.com jnn-pa.googleapis.com
www.bing.com th.bing.com r.bing.com login.live.com
duckduckgo.com links.duckduckgo.com improving.duckduckgo.com
search.brave.com cdn.search.brave.com imgs.search.brave.com
www.startpage.com cdn.startpage.com
www.microsoft.com img-prod-cms-rt-microsoft-com.akamaized.net js.monitor.azure.com
outlook.live.com res.cdn.office.net outlook.office.com login.live.com
www.apple.com store.storeimages.cdn-apple.com is1-ssl.mzstatic.com securemetrics.apple.com
www.icloud.com setup.icloud.com appleid.cdn-apple.com
www.amazon.com m.media-amazon.com images-na.ssl-images-amazon.com fls-na.amazon.com completion.amazon.com
www.amazon.co.uk m.media-amazon.com images-eu.ssl-images-amazon.com fls-eu.amazon.co.uk
www.amazon.de m.media-amazon.com images-eu.ssl-images-amazon.com fls-eu.amazon.de
www.ebay.com ir.ebaystatic.com i.ebayimg.com src.ebay-us.com
www.ebay.de ir.ebaystatic.com i.ebayimg.com
www.etsy.com i.etsystatic.com
www.ikea.com www.googletagmanager.com web-api.ikea.com
www.zalando.de img01.ztat.net mosaic01.ztat.net
www.booking.com cf.bstatic.com q-xx.bstatic.com
www.tripadvisor.com static.tacdn.com dynamic-media-cdn.tripadvisor.com
www.airbnb.com a0.muscache.com
www.expedia.com images.trvl-media.com c.travel-assets.com
www.bahn.de cdn.static-bahn.de
www.sncf-connect.com www.googletagmanager.com
www.nationalrail.co.uk www.googletagmanager.com
www.lufthansa.com www.googletagmanager.com
github.com github.githubassets.com avatars.githubusercontent.com collector.github.com api.github.com
gitlab.com assets.gitlab-static.net snowplow.trx.gitlab.net
stackoverflow.com cdn.sstatic.net i.sstatic.net qa.sockets.stackexchange.com
www.npmjs.com static.npmjs.com registry.npmjs.org
pypi.org files.pythonhosted.org
crates.io static.crates.io
docs.python.org www.python.org
developer.mozilla.org updates.developer.allizom.org
www.mozilla.org www-media.mozilla.org
www.debian.org deb.debian.org
ubuntu.com assets.ubuntu.com
archlinux.org wiki.archlinux.org
www.kernel.org cdn.kernel.org
news.ycombinator.com
arstechnica.com cdn.arstechnica.net www.googletagmanager.com
www.theverge.com platform.theverge.com duet-cdn.vox-cdn.com
www.wired.com media.wired.com
www.heise.de www.heise.cloudimg.io heise.cloudimg.io
lwn.net static.lwn.net
www.reddit.com www.redditstatic.com preview.redd.it styles.redditmedia.com
www.linkedin.com static.licdn.com media.licdn.com
www.pinterest.com i.pinimg.com s.pinimg.com
www.instagram.com static.cdninstagram.com scontent.cdninstagram.com
www.facebook.com static.xx.fbcdn.net scontent.xx.fbcdn.net
web.whatsapp.com static.whatsapp.net mmg.whatsapp.net
open.spotify.com open.spotifycdn.com i.scdn.co api-partner.spotify.com
soundcloud.com a-v2.sndcdn.com i1.sndcdn.com api-v2.soundcloud.com
www.netflix.com assets.nflxext.com occ-0-1168-299.1.nflxso.net
www.twitch.tv static.twitchcdn.net gql.twitch.tv
vimeo.com f.vimeocdn.com i.vimeocdn.com
store.steampowered.com store.akamai.steamstatic.com cdn.akamai.steamstatic.com
www.nintendo.com assets.nintendo.com
www.imdb.com m.media-amazon.com images-na.ssl-images-amazon.com
www.goodreads.com s.gr-assets.com i.gr-assets.com
archive.org web.archive.org analytics.archive.org
www.gutenberg.org
arxiv.org static.arxiv.org
www.nature.com media.springernature.com
www.science.org www.googletagmanager.com
pubmed.ncbi.nlm.nih.gov cdn.ncbi.nlm.nih.gov
www.nasa.gov assets.science.nasa.gov
www.esa.int cdn.esa.int
www.cern.ch home.cern
www.mit.edu web.mit.edu
www.stanford.edu www-media.stanford.edu
www.ox.ac.uk
www.harvard.edu www.googletagmanager.com
www.coursera.org d3njjcbhbojbot.cloudfront.net
www.khanacademy.org cdn.kastatic.org
www.duolingo.com d35aaqx5ub95lt.cloudfront.net
translate.google.com www.gstatic.com ssl.gstatic.com
www.deepl.com static.deepl.com
www.espn.com a.espncdn.com cdn.espn.com
www.fifa.com digitalhub.fifa.com
www.olympics.com img.olympics.com
www.formula1.com media.formula1.com
www.allrecipes.com
www.bbcgoodfood.com images.immediate.co.uk
www.chefkoch.de img.chefkoch-cdn.de
www.lego.com www.googletagmanager.com
www.nationalgeographic.com i.natgeofe.com
europa.eu ec.europa.eu
www.un.org
www.gov.uk assets.publishing.service.gov.uk www-assets.publishing.service.gov.uk
www.usa.gov
www.canada.ca
www.ietf.org static.ietf.org
www.w3.org
www.icann.org
`;

export interface DecoySite {
  /** Names in text, the page's own first. */
  readonly names: readonly string[];
}

export function decoySites(): readonly DecoySite[] {
  return PAGES.trim()
    .split("\n")
    .map((line) => ({ names: line.split(" ") }));
}
