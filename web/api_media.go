package web

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// addPicture keeps a picture: the image of a publication to come, which says what it
// shows (alt).
func (a *apiV1) addPicture(c echo.Context) error {
	if _, err := a.worker(c, instance.TokenPublishes, instance.TokenSelf); err != nil {
		return err
	}
	mediaType, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || !strings.HasPrefix(mediaType, "image/") {
		return newProblem(http.StatusUnsupportedMediaType, "Envoyez le fichier de l’image tel quel, avec son type : « Content-Type: image/jpeg ».")
	}
	done, err := readPicture(c.Request().Context())
	if err != nil {
		return err
	}
	defer done()
	data, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, instance.MaxPicture))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return newProblem(http.StatusRequestEntityTooLarge, fmt.Sprintf("Envoyez au plus %d Mio.", instance.MaxPicture>>20))
	}
	if err != nil {
		return newProblem(http.StatusBadRequest, "L’envoi a été interrompu.")
	}
	image, err := a.node.AddPicture(c.Request().Context(), data)
	if err != nil {
		return err
	}
	return private(c, http.StatusCreated, image)
}
